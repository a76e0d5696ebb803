import type { Dataset } from '@dmnn/data';
import { type GatePolicy, scripted } from '@dmnn/gating';
import type { Execution, Network } from '@dmnn/network';
import { evaluate } from '../evaluate/evaluate.js';
import type { Evaluation } from '../evaluate/evaluation.js';
import type { OnSkipped } from '../evaluate/on-skipped.js';
import type { FixedPattern } from './patterns-near.js';

/** How images are run for a control. */
export interface ControlRuns {
  readonly network: Network;
  /** @defaultValue 'skipping' */
  readonly execution?: Execution | undefined;
  /** Images computed together. @defaultValue 200 */
  readonly batchSize?: number | undefined;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** Evaluates a network under a pattern, or a policy. @throws as `evaluate` */
export function evaluateUnder(
  gates: FixedPattern | GatePolicy,
  dataset: Dataset,
  { network, execution = 'skipping', batchSize = 200, onSkipped, signal }: ControlRuns,
): Promise<Evaluation> {
  const policy = typeof gates === 'function' ? gates : scripted(gates);
  return evaluate({ network, dataset, policy, execution, batchSize, onSkipped, signal });
}

/** `[row]` of intact images: 1 where the answer is wrong. */
export function wrongRows({ error, skippedImages }: Evaluation, dataset: Dataset): Uint8Array {
  const damaged = new Set(skippedImages);
  const indices = Array.from({ length: dataset.size }, (_, index) => index).filter(
    (index) => !damaged.has(index),
  );
  return Uint8Array.from(error.predictions, (predicted, row) =>
    Number(predicted !== dataset.label(indices[row] as number)),
  );
}
