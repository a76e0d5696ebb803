import { gatedBlocks } from '@dmnn/architecture';
import type { Dataset } from '@dmnn/data';
import { gateLogOdds, thresholded } from '@dmnn/gating';
import type { Execution, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { evaluationError } from '../evaluate/evaluation-error.js';
import { evaluationPasses } from '../evaluate/evaluation-passes.js';
import type { OnSkipped } from '../evaluate/on-skipped.js';

/** What the gates of a network do on a data set under one threshold. */
export interface GatePass {
  /** Open at least here: on minus off of the gate logits. */
  readonly leastLogOdds: number;
  /** `[l][n]`: share of the images that opened sub-block n of gated block l. */
  readonly rates: readonly (readonly number[])[];
  /** `[b · G + g]`, of intact images: on minus off, as the controllers of that pass saw it. */
  readonly logOdds: Float32Array;
}

/** Settings of {@link gatePass}. */
export interface GatePassOptions {
  readonly network: Network;
  readonly dataset: Dataset;
  readonly leastLogOdds: number;
  readonly batchSize: number;
  readonly execution: Execution;
  readonly signal?: AbortSignal | undefined;
  readonly onImages?: (images: number) => void;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
}

/**
 * Runs every image once.
 *
 * @throws DmnnError `DMNN_NAN` if gate logits are not finite; RangeError if all images are damaged; the signal's reason, if it
 * aborts
 */
export async function gatePass(options: GatePassOptions): Promise<GatePass> {
  const { network, dataset, leastLogOdds, execution } = options;
  const policy = thresholded({ threshold: probability(leastLogOdds) });
  const subBlocks = gatedBlocks(network.architecture).map(({ block }) => block.subBlocks.length);
  const gates = subBlocks.reduce((sum, count) => sum + count, 0);
  const logOdds = new Float32Array(dataset.size * gates);
  const open = new Array<number>(gates).fill(0);
  let images = 0;
  const passes = evaluationPasses({
    network,
    dataset,
    policy,
    executions: [execution],
    batchSize: options.batchSize,
    numbersOf: (pass) => tf.concat([...pass.gateLogits.map(gateLogOdds), ...pass.gates], 1),
    onSkipped: options.onSkipped,
    signal: options.signal,
  });
  for await (const { labels, rows } of passes) {
    for (const [b, row] of (rows[0] as Float32Array[]).entries()) {
      if (!row.every(Number.isFinite))
        throw evaluationError(network.architecture.name, images, labels.length);
      logOdds.set(row.subarray(0, gates), (images + b) * gates);
      for (let g = 0; g < gates; g++) open[g] = (open[g] as number) + (row[gates + g] as number);
    }
    images += labels.length;
    options.onImages?.(images);
  }
  if (images === 0) throw new RangeError('dataset: expected intact images, got damaged ones only');
  return {
    leastLogOdds,
    rates: inBlocks(open, subBlocks, images),
    logOdds: logOdds.subarray(0, images * gates),
  };
}

/** Softmax of a pair whose on-logit is larger by this. */
export function probability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** The reverse of {@link probability}. */
export function logOddsOfProbability(threshold: number): number {
  return Math.log(threshold) - Math.log1p(-threshold);
}

function inBlocks(open: readonly number[], subBlocks: readonly number[], images: number): number[][] {
  let end = 0;
  return subBlocks.map((count) => open.slice(end, (end += count)).map((each) => each / images));
}
