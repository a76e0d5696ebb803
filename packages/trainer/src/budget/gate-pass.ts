import { gatedBlocks } from '@dmnn/architecture';
import type { Dataset } from '@dmnn/data';
import { gateLogOdds, thresholded } from '@dmnn/gating';
import type { Execution, Network } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { type EngineNetwork, isEngineNetwork } from '../evaluate/engine-network.js';
import { enginePasses } from '../evaluate/engine-passes.js';
import { ENGINE_BATCH } from '../evaluate/evaluate-engine.js';
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
  readonly network: Network | EngineNetwork;
  readonly dataset: Dataset;
  readonly leastLogOdds: number;
  /** @defaultValue 200, of an engine 32 */
  readonly batchSize?: number | undefined;
  /** @defaultValue 'skipping'; of an engine always */
  readonly execution?: Execution | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
}

/** A batch's gates. */
interface GateRows {
  /** `[b][2 G]`: on − off of all gates, then the gates. */
  readonly rows: readonly ArrayLike<number>[];
}

/**
 * Runs every image once.
 *
 * @throws DmnnError `DMNN_NAN` if gate logits are not finite; RangeError if all images are damaged; the signal's reason, if it
 * aborts
 */
export async function gatePass(options: GatePassOptions): Promise<GatePass> {
  const { network, dataset, leastLogOdds } = options;
  const subBlocks = gatedBlocks(network.architecture).map(({ block }) => block.subBlocks.length);
  const gates = subBlocks.reduce((sum, count) => sum + count, 0);
  const logOdds = new Float32Array(dataset.size * gates);
  const open = new Array<number>(gates).fill(0);
  let images = 0;
  const passes = isEngineNetwork(network) ? engineRows(network, options) : tensorRows(network, options);
  for await (const { rows } of passes) {
    for (const [b, row] of rows.entries()) {
      if (!Array.from(row).every(Number.isFinite))
        throw evaluationError(network.architecture.name, images, rows.length);
      for (let g = 0; g < gates; g++) {
        logOdds[(images + b) * gates + g] = row[g] as number;
        open[g] = (open[g] as number) + (row[gates + g] as number);
      }
    }
    images += rows.length;
  }
  if (images === 0) throw new RangeError('dataset: expected intact images, got damaged ones only');
  return {
    leastLogOdds,
    rates: inBlocks(open, subBlocks, images),
    logOdds: logOdds.subarray(0, images * gates),
  };
}

async function* tensorRows(network: Network, options: GatePassOptions): AsyncGenerator<GateRows> {
  const { dataset, leastLogOdds, batchSize = 200, execution = 'skipping', onSkipped, signal } = options;
  const passes = evaluationPasses({
    network,
    dataset,
    policy: thresholded({ threshold: probability(leastLogOdds) }),
    executions: [execution],
    batchSize,
    numbersOf: (pass) => tf.concat([...pass.gateLogits.map(gateLogOdds), ...pass.gates], 1),
    onSkipped,
    signal,
  });
  for await (const { rows } of passes) yield { rows: rows[0] as Float32Array[] };
}

async function* engineRows(network: EngineNetwork, options: GatePassOptions): AsyncGenerator<GateRows> {
  const {
    dataset,
    leastLogOdds,
    batchSize = ENGINE_BATCH,
    execution = 'skipping',
    onSkipped,
    signal,
  } = options;
  if (execution !== 'skipping')
    throw new RangeError(
      `execution: expected skipping with an engine, which only does that, got ${execution}`,
    );
  const decision = { threshold: probability(leastLogOdds) };
  for await (const { outputs } of enginePasses({
    network,
    dataset,
    decision,
    batchSize,
    onSkipped,
    signal,
  })) {
    yield {
      rows: outputs.map(({ gateLogOdds: logOdds, gates }) => {
        if (logOdds) return [...logOdds.flat(), ...gates.flat().map(Number)];
        throw new RangeError(
          `network: expected an engine that gives the log-odds of gates, got ${network.engine.name}. Thresholds are searched by them.`,
        );
      }),
    };
  }
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
