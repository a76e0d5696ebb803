import type { ExitSettings } from '@dmnn/confidence';
import { type Dataset, subset } from '@dmnn/data';
import type { GatePolicy } from '@dmnn/gating';
import type { Network } from '@dmnn/network';
import { ENGINE_BATCH } from '../evaluate/evaluate-engine.js';
import { type EngineNetwork, isEngineNetwork } from '../evaluate/engine-network.js';
import { enginePasses } from '../evaluate/engine-passes.js';
import type { OnSkipped } from '../evaluate/on-skipped.js';
import { stageOutputs } from './stage-outputs.js';

/** What {@link exitTimes} takes. */
export interface ExitTimesOptions {
  /** One of TensorFlow.js, or of an engine; with exits. */
  readonly network: Network | EngineNetwork;
  /** In the network's own size and normalisation. */
  readonly dataset: Dataset;
  /** For a network of TensorFlow.js. @defaultValue `likeliest` */
  readonly policy?: GatePolicy | undefined;
  /** @defaultValue 200, in an engine 32 */
  readonly batchSize?: number | undefined;
  /** Images that are timed, the first of the data set. @defaultValue 200, or all */
  readonly images?: number | undefined;
  /** How often; the medians are returned. @defaultValue 5 */
  readonly rounds?: number | undefined;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Stops between two batches. */
  readonly signal?: AbortSignal | undefined;
}

/** How long an image takes, in milliseconds. */
export interface ExitTimes {
  /** `[e]`: if it leaves at exit e, having passed those before. */
  readonly exits: readonly number[];
  /** If it passes all exits and goes to the end. */
  readonly head: number;
}

/** So far from sure that nothing leaves: whatever the logits are, all classes are as likely. */
const NEVER_SURE = 1e9;

/**
 * Times a network with exits: all images are made to leave at an exit, at each in turn and at none, round after round, so
 * that slow phases of a machine fall on all alike.
 *
 * @throws RangeError if the network has no exits, or a number is out of range; the errors of {@link stageOutputs}
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { withExits } from '@dmnn/architecture';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { builtInDataset } from '@dmnn/data';
 * import { createNetwork } from '@dmnn/network';
 * import { exitTimes } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(withExits(createArchitecture('cifar-resnet8-0.25'), { exits: 2 }), { seed: 1 });
 * const dataset = builtInDataset({ split: 'test', size: 4 });
 * const { exits, head } = await exitTimes({ network, dataset, rounds: 1 });
 * console.log(exits.length, head > 0); // => 2 true
 * network.dispose();
 * ```
 */
export async function exitTimes(options: ExitTimesOptions): Promise<ExitTimes> {
  const { network, dataset, images = 200, rounds = 5 } = options;
  const count = network.architecture.exits?.length ?? 0;
  if (count === 0)
    throw new RangeError(
      `network: expected one with exits, got ${network.architecture.name}, which has none; withExits of @dmnn/architecture adds them`,
    );
  for (const [name, value] of Object.entries({ images, rounds }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name}: expected a whole number from 1 on, got ${value}`);
  const timed =
    images >= dataset.size
      ? dataset
      : subset(
          dataset,
          Array.from({ length: images }, (_, index) => index),
        );
  const times = Array.from({ length: count + 1 }, (): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [place, own] of times.entries())
      own.push(await timeTo(place, count, { ...options, dataset: timed }));
  const medians = times.map(median);
  return { exits: medians.slice(0, count), head: medians[count] as number };
}

/** Milliseconds of an image that leaves at an exit, or goes to the end if `place` is the number of exits. */
async function timeTo(place: number, exits: number, options: ExitTimesOptions): Promise<number> {
  const { network, dataset, policy, onSkipped, signal } = options;
  if (!isEngineNetwork(network)) {
    const { evaluation } = await stageOutputs({
      ...{ network, dataset, policy, onSkipped, signal, batchSize: options.batchSize },
      leave: (_values, { exitIndex, sampleKeys }) => Array.from(sampleKeys, () => exitIndex === place),
    });
    return evaluation.timing.msPerImage;
  }
  const batchSize = options.batchSize ?? ENGINE_BATCH;
  let [milliseconds, count] = [0, 0];
  const decision = { exits: leavingAt(place, exits) };
  for await (const pass of enginePasses({ network, dataset, decision, batchSize, onSkipped, signal })) {
    milliseconds += pass.milliseconds;
    count += pass.labels.length;
  }
  return milliseconds / count;
}

/** Settings by which every image leaves at one exit. */
function leavingAt(place: number, exits: number): ExitSettings {
  const isThere = Array.from({ length: exits }, (_, exit) => exit === place);
  return {
    ...{ by: 'probability', combine: 'last' },
    thresholds: isThere.map((here) => (here ? 0 : 1)),
    temperatures: [...isThere.map((here) => (here ? 1 : NEVER_SURE)), 1],
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
