import type { Dataset } from '@dmnn/data';
import type { GatePolicy } from '@dmnn/gating';
import type { Network } from '@dmnn/network';
import type { EngineNetwork, Evaluation, ExecutionComparison, OnSkipped } from '@dmnn/trainer';
import type { CommandIo } from '../../terminal/command-io.js';
import { ProgressLine } from '../../terminal/progress-line.js';
import { type BudgetFindings, budgetsJson } from './eval-budgets.js';
import { evaluationJson } from './evaluation-json.js';
import type { GateControls } from '../../../control/gate-control.js';
import { controlJson } from './gate-control-text.js';
import { type NetworkAgainst, networkAgainstJson } from './network-against.js';

/** How `dmnn eval` executes a network: one way, or both and then compared. */
export const evaluatedExecutions = ['masked', 'skipping', 'both'] as const;

/** An execution of {@link evaluatedExecutions}. */
export type EvaluatedExecution = (typeof evaluatedExecutions)[number];

/** Evaluations in the requested executions, and for both their comparison. */
export interface ExecutionFindings {
  readonly masked?: Evaluation | undefined;
  readonly skipping?: Evaluation | undefined;
  readonly comparison?: ExecutionComparison | undefined;
}

/** The result of `dmnn eval`. */
export interface Findings extends ExecutionFindings {
  readonly budgets?: BudgetFindings | undefined;
  /** Fixed gate patterns of equal mean cost. */
  readonly controls?: GateControls | undefined;
  /** Static networks at equal cost. */
  readonly against?: readonly NetworkAgainst[] | undefined;
  /** Seed of the noise on the gates; undefined: no noise. */
  readonly noisyGates?: number | undefined;
  /** The requested width of a slimmable network. */
  readonly width?: number | undefined;
}

/** What {@link evaluateExecutions} evaluates, and how. */
export interface ExecutionsRequest {
  /** In an engine: `execution` is skipping, `policy` undefined. */
  readonly network: Network | EngineNetwork;
  readonly test: Dataset;
  readonly execution: EvaluatedExecution;
  /** @defaultValue 200, of an engine 32 */
  readonly batchSize: number | undefined;
  readonly policy: GatePolicy | undefined;
  readonly onSkipped: OnSkipped;
  readonly signal: AbortSignal;
}

/**
 * Evaluates a network on test images in one execution, or in both and compares them.
 *
 * @throws the signal's reason, if it aborts
 */
export async function evaluateExecutions(
  { network, test, execution: requested, batchSize, policy, onSkipped, signal }: ExecutionsRequest,
  io: CommandIo,
): Promise<ExecutionFindings> {
  const { compareExecutions, evaluate, evaluateEngine } = await import('@dmnn/trainer');
  const line = new ProgressLine(io);
  const progress = (what: string): ((images: number) => void) => {
    const show = (images: number): void => {
      signal.throwIfAborted();
      line.show(what, `: ${images} of ${test.size} images`);
    };
    show(0);
    return show;
  };
  if ('run' in network) {
    const onProgress = progress(`skipping in the engine ${network.engine.name}`);
    return {
      skipping: await evaluateEngine({ network, dataset: test, batchSize, onSkipped, signal, onProgress }),
    };
  }
  const options = { network, dataset: test, batchSize: batchSize ?? 200, policy, onSkipped };
  const run = (execution: 'masked' | 'skipping'): Promise<Evaluation> =>
    evaluate({ ...options, execution, signal, onProgress: progress(execution) });
  if (requested !== 'both') return { [requested]: await run(requested) };
  return {
    masked: await run('masked'),
    skipping: await run('skipping'),
    comparison: await compareExecutions({ ...options, onProgress: progress('comparing') }),
  };
}

/** The findings as `--json` prints them. */
export function findingsJson(found: Findings): object {
  const { masked, skipping, comparison, budgets, controls, against, noisyGates, width } = found;
  return {
    ...evaluationJson((skipping ?? masked) as Evaluation),
    ...(width !== undefined && { width }),
    ...(noisyGates !== undefined && { noisyGates: { seed: noisyGates } }),
    ...(masked && skipping && { masked: evaluationJson(masked), comparison }),
    ...controlJson(controls, undefined),
    ...networkAgainstJson(against, undefined),
    ...(budgets && budgetsJson(budgets, controls, against)),
  };
}
