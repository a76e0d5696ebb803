import { cpus } from 'node:os';
import { closeAfter } from '@dmnn/foundation';
import { gatedBlocks } from '@dmnn/architecture';
import { meanCost } from '@dmnn/flops';
import type { Network } from '@dmnn/network';
import { type EngineNetwork, isEngineNetwork } from '../evaluate/engine-network.js';
import type { BackendFacts } from '../run/compute-environment.js';
import { assertGated } from './find-thresholds.js';
import { type TimedPattern, fitLatencies } from './fit-latencies.js';
import { type BatchPattern, randomPattern, uniformPattern } from './gate-patterns.js';
import { type LatencyTable, type PredictionError, latencyCosts } from './latency-table.js';
import { type TimedNetwork, timedEngine, timedTensors } from './timed-network.js';

/** What {@link measureLatencies} takes. */
export interface MeasureLatenciesOptions {
  readonly imageSizePx: number;
  /** Images computed together; of an engine 1. @defaultValue 1: what a table of one time for each sub-block describes best */
  readonly batchSize?: number;
  /** How often every pattern is timed: patterns are compared by their shortest times, since other work only delays. @defaultValue 7 */
  readonly rounds?: number;
  /** Random patterns to fit to, besides all and none. @defaultValue three for each sub-block */
  readonly patterns?: number;
  /** Other patterns, whose times are only predicted: {@link LatencyTable.predictionError}. @defaultValue 20 */
  readonly unseenPatterns?: number;
  /** Which patterns. @defaultValue 0 */
  readonly seed?: number;
  /** What the application knows of the backend of TensorFlow.js, for {@link LatencyTable.environment}. */
  readonly backend?: BackendFacts | undefined;
  /** Milliseconds of a clock. @defaultValue `performance.now` */
  readonly now?: () => number;
  /** Called after each forward pass with the fraction done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  /** Stops between two passes. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Measures what each sub-block of a network costs in time on this machine, skipping what is closed: in an engine, or with
 * the backend that is set and the network as it is (call `network.fold()` before, if it will be folded).
 *
 * Forward passes under random patterns of open sub-blocks are timed, all patterns in turn and that several times; to the
 * shortest time of each, one time for every sub-block and one for all the rest are fitted (non-negative least squares).
 * Shortest times tell patterns apart, but images take longer on average; so all are multiplied by what the mean of all
 * passes is of them ({@link LatencyTable.meanOverShortest}), and a budget in milliseconds is one of the mean.
 * Timing each sub-block alone against none is simpler, and predicts worse. How well the table predicts is part of
 * it. In a batch the time of a sub-block is not proportional to the images that open it, so a table for one image at a time
 * is the better one.
 *
 * @throws RangeError if the network has no gates, a setting is out of range, or an engine does not run the patterns that it is
 * given
 * @throws the signal's reason, if it aborts
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { createNetwork } from '@dmnn/network';
 * import { measureLatencies } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-0.25-n2'), { seed: 1 });
 * const table = await measureLatencies(network, { imageSizePx: 8, rounds: 1 });
 * console.log(table.subBlockMs.length, table.batchSize, table.environment.backend); // => 3 1 cpu
 * network.dispose();
 * ```
 */
export async function measureLatencies(
  network: Network | EngineNetwork,
  options: MeasureLatenciesOptions,
): Promise<LatencyTable> {
  assertGated(network);
  const { architecture } = network;
  const { imageSizePx, batchSize = 1, rounds = 7, seed = 0 } = options;
  const subBlocks = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  const { patterns = 3 * sum(subBlocks), unseenPatterns = 20 } = options;
  assertCounts({ imageSizePx, batchSize, rounds, unseenPatterns });
  if (!Number.isInteger(patterns) || patterns < sum(subBlocks)) {
    throw new RangeError(
      `patterns: expected an integer >= ${sum(subBlocks)}, the number of sub-blocks, got ${patterns}`,
    );
  }

  const random = (first: number, count: number): BatchPattern[] =>
    Array.from({ length: count }, (_, i) => randomPattern(subBlocks, batchSize, seed, first + i));
  const ends = [false, true].map((open) => uniformPattern(subBlocks, batchSize, open));
  const seen = [...ends, ...random(0, patterns)];
  const unseen = random(patterns, unseenPatterns);
  const patternsTimed = [...seen, ...unseen];
  const timed = isEngineNetwork(network)
    ? timedEngine(network, patternsTimed, options)
    : timedTensors(network, patternsTimed, options);
  const { shortest, meanOverShortest } = await closeAfter(
    () => timePatterns(timed, patternsTimed, rounds, options),
    () => {
      timed.close();
    },
  );
  const fitted = fitLatencies(shortest.slice(0, seen.length));
  return {
    format: 1,
    model: architecture.name,
    ...timed.origin,
    imageSizePx,
    batchSize,
    fixedMs: meanOverShortest * fitted.fixedMs,
    subBlockMs: fitted.subBlockMs.map((block) => block.map((ms) => meanOverShortest * ms)),
    meanOverShortest,
    predictionError: predictionError(fitted, shortest.slice(seen.length)),
    rounds,
    environment: timed.environment,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    logicalCores: Math.max(1, cpus().length),
    measuredAt: new Date().toISOString(),
  };
}

/** How long forward passes took, for an image. */
interface PassTimes {
  /** Of each pattern. */
  readonly shortest: readonly TimedPattern[];
  /** The mean of all passes by the mean of the patterns' shortest; at least 1. */
  readonly meanOverShortest: number;
}

async function timePatterns(
  timed: TimedNetwork,
  patterns: readonly BatchPattern[],
  rounds: number,
  { now = () => performance.now(), onProgress, signal }: MeasureLatenciesOptions,
): Promise<PassTimes> {
  const shortest = patterns.map(() => Infinity);
  let total = 0;
  const { warmUps } = timed;
  const passes = warmUps + rounds * patterns.length;
  for (let pass = 0; pass < passes; pass++) {
    signal?.throwIfAborted();
    const at = pass < warmUps ? pass : (pass - warmUps) % patterns.length;
    const start = now();
    await timed.run(at);
    const ms = (now() - start) / timed.images;
    if (!(ms > 0))
      throw new RangeError(`now: expected a clock that went on during a forward pass, got ${ms} ms`);
    if (pass >= warmUps) {
      shortest[at] = Math.min(shortest[at] as number, ms);
      total += ms;
    }
    onProgress?.((pass + 1) / passes);
    await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
  }
  return {
    shortest: patterns.map(({ rates }, i) => ({ rates, ms: shortest[i] as number })),
    meanOverShortest: Math.max(1, total / (rounds * sum(shortest))), // below 1 by rounding only
  };
}

function predictionError(
  fitted: Pick<LatencyTable, 'fixedMs' | 'subBlockMs'>,
  unseen: readonly TimedPattern[],
): PredictionError {
  const costs = latencyCosts(fitted);
  const errors = unseen.map(({ rates, ms }) => Math.abs(meanCost(costs, rates) - ms) / ms);
  return { patterns: unseen.length, mean: sum(errors) / errors.length, largest: Math.max(...errors) };
}

function assertCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isInteger(count) && count >= 1) continue;
    throw new RangeError(`${name}: expected an integer >= 1, got ${count}`);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
