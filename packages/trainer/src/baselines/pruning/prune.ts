import { placedBlocks, validateArchitecture } from '@dmnn/architecture';
import { type Batch, type Dataset, trainingBatches } from '@dmnn/data';
import { countNetwork } from '@dmnn/flops';
import { isDmnnError, closeAfter } from '@dmnn/foundation';
import { type Network, createNetwork } from '@dmnn/network';
import type { NetworkData } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import { type OnSkipped, reportSkipped } from '../../evaluate/on-skipped.js';
import { Sgd } from '../../optimiser/sgd.js';
import { type Recipe, parseRecipe } from '@dmnn/runs';
import type { PruneRound } from '../../begin/prune-round.js';
import { finiteWeights } from '../../finite-weights.js';
import { createLearner, decaysBy } from '../../train/learner.js';
import { computeStep } from '../../train/training-step.js';
import { type TrainingErrorDetails, trainingError } from '../../training-error.js';
import { channelGroups } from './channel-groups.js';
import { removeChannels } from './remove-channels.js';
import { type ChannelPlace, lowestChannels } from './select-channels.js';
import { type TaylorCriterion, taylorScores } from './taylor-scores.js';

/** How {@link prune} prunes. */
export interface PruneSettings {
  /** Where it stops: multiply–accumulates of an image over those of the network at the start, in (0, 1). */
  readonly macsRatio: number;
  /** @defaultValue 'activation', the method of 2016 */
  readonly criterion?: TaylorCriterion;
  /** Channels removed between two scores; the last round removes only what is needed. @defaultValue 100 */
  readonly channelsPerRound?: number;
  /** Steps of training before every score, and after the last removal. @defaultValue 30 */
  readonly stepsPerRound?: number;
  /** Batches that are scored each round. @defaultValue 1 */
  readonly scoredBatches?: number;
  /** @defaultValue 32 */
  readonly batchSize?: number;
  /** Of training between rounds, constant. @defaultValue 0.001 */
  readonly learningRate?: number;
  /** Decides the order of the images and their augmentation. @defaultValue 1 */
  readonly seed?: number;
  /** As in training; image files need another. @defaultValue 'pad-crop-flip' */
  readonly augmentation?: 'pad-crop-flip' | 'random-resized-crop' | 'none';
}

/** What {@link prune} takes. */
export interface PruneOptions {
  /** A trained network without gates. */
  readonly network: NetworkData;
  /** Training images. */
  readonly dataset: Dataset;
  readonly settings: PruneSettings;
  /** Called after each removal. */
  readonly onRound?: (round: PruneRound) => void;
  /** Called with damaged images, which are replaced by others. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped;
  /** Stops between two steps, or two images that are scored. */
  readonly signal?: AbortSignal;
}

/** A pruned network, and how it became one. */
export interface PrunedNetwork extends NetworkData {
  readonly rounds: readonly PruneRound[];
}

/**
 * Removes the channels that matter least to the loss, by Taylor scores, until the network costs what is wanted: trains a
 * few steps, scores, removes, and again. What is left is an ordinary network of fewer channels, counted again each round;
 * the whole one is its `undivided`, by which ratios of costs divide.
 *
 * The same bits for the same settings, data and backend. Uses the backend that is set.
 *
 * @throws RangeError if a setting is out of range, the network has gates or other classes than the data, or no channel is
 *   left that could be removed
 * @throws DmnnError `DMNN_NAN` if a loss, a gradient or a weight is not finite
 * @throws DataError for a damaged image, if `onSkipped` is not given
 * @throws the signal's reason, if it aborts
 * @see Molchanov et al. 2016, Pruning Convolutional Neural Networks for Resource Efficient Inference (arXiv 1611.06440), §2
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { createNetwork } from '@dmnn/network';
 * import { builtInDataset } from '@dmnn/data';
 * import { prune } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const architecture = createArchitecture('cifar-resnet8-0.25');
 * const network = createNetwork(architecture, { seed: 1 });
 * const { rounds } = await prune({
 *   network: { architecture, weights: await network.weights() },
 *   dataset: builtInDataset({ split: 'train', size: 8 }),
 *   settings: { macsRatio: 0.9, channelsPerRound: 2, stepsPerRound: 1, batchSize: 4 },
 * });
 * console.log((rounds.at(-1)?.macsRatio ?? 1) <= 0.9); // => true
 * network.dispose();
 * ```
 */
export async function prune(options: PruneOptions): Promise<PrunedNetwork> {
  const settings = checkedSettings(options);
  const batches = trainingImages(options, settings);
  return closeAfter(
    async () => {
      return await pruned(options, settings, batches);
    },
    () => batches.return(undefined),
  );
}

async function pruned(
  { network: whole, dataset, onRound, signal }: PruneOptions,
  settings: Settings,
  batches: AsyncGenerator<Batch>,
): Promise<PrunedNetwork> {
  const { imageSizePx } = dataset;
  const startMacs = countNetwork(whole.architecture, { imageSizePx }).macs;
  const wantedMacs = settings.macsRatio * startMacs;
  const name = `${whole.architecture.name}-pruned`;
  const rounds: PruneRound[] = [];
  let current = whole;
  let removed = 0;
  while (countNetwork(current.architecture, { imageSizePx }).macs > wantedMacs) {
    const trained = await trainedAndScored(current, dataset, settings, batches, signal);
    const lowest = lowestChannels(current.architecture, trained.scores, settings.channelsPerRound);
    if (lowest.length === 0) {
      throw new RangeError(
        `macsRatio: expected what can be reached with a channel left in each convolution, got ${settings.macsRatio}.`,
      );
    }
    const from = { architecture: current.architecture, weights: trained.weights };
    current = removeEnough(from, lowest, name, wantedMacs, imageSizePx);
    removed += channelCount(from) - channelCount(current);
    const { macs, parameters } = countNetwork(current.architecture, { imageSizePx });
    const round = {
      round: rounds.length + 1,
      removed,
      macs,
      macsRatio: macs / startMacs,
      parameters,
      loss: trained.loss,
    };
    rounds.push(round);
    onRound?.(round);
  }
  const { weights } = await trainedAndScored(current, dataset, settings, batches, signal, false);
  const undivided = whole.architecture.undivided ?? whole.architecture;
  return { architecture: validateArchitecture({ ...current.architecture, undivided }), weights, rounds };
}

type Settings = Required<PruneSettings>;

function checkedSettings({ network: { architecture }, dataset, settings }: PruneOptions): Settings {
  const all: Settings = {
    criterion: 'activation',
    channelsPerRound: 100,
    stepsPerRound: 30,
    scoredBatches: 1,
    batchSize: 32,
    learningRate: 0.001,
    seed: 1,
    augmentation: 'pad-crop-flip',
    ...settings,
  };
  if (!(all.macsRatio > 0 && all.macsRatio < 1)) {
    throw new RangeError(`macsRatio: expected a share above 0 and below 1, got ${all.macsRatio}.`);
  }
  for (const key of ['channelsPerRound', 'scoredBatches', 'batchSize'] as const) {
    if (!Number.isSafeInteger(all[key]) || all[key] < 1) {
      throw new RangeError(`${key}: expected a whole number from 1, got ${all[key]}.`);
    }
  }
  if (!Number.isSafeInteger(all.stepsPerRound) || all.stepsPerRound < 0) {
    throw new RangeError(`stepsPerRound: expected a whole number from 0, got ${all.stepsPerRound}.`);
  }
  if (all.batchSize > dataset.size) {
    throw new RangeError(
      `batchSize: expected at most the ${dataset.size} training images, got ${all.batchSize}.`,
    );
  }
  if (dataset.classes !== architecture.head.classes) {
    throw new RangeError(
      `dataset: expected ${architecture.head.classes} classes, got ${dataset.classes} (${dataset.name}).`,
    );
  }
  if (placedBlocks(architecture).some(({ block }) => block.controller)) {
    throw new RangeError(`network: expected one without gates, got ${architecture.name}.`);
  }
  return all;
}

/** Training between rounds: momentum, no weight decay. */
function recipeOf({ architecture }: Network, { batchSize, seed }: Settings): Recipe {
  return parseRecipe({
    name: 'prune',
    model: { name: architecture.name },
    epochs: 1,
    batchSize,
    seed,
    optimiser: { momentum: 0.9, nesterov: false, weightDecay: 0 },
  });
}

async function trainedAndScored(
  { architecture, weights }: NetworkData,
  dataset: Dataset,
  settings: Settings,
  batches: AsyncGenerator<Batch>,
  signal: AbortSignal | undefined,
  scored = true,
): Promise<NetworkData & { readonly loss: number | null; readonly scores: Map<string, Float64Array> }> {
  const network = createNetwork(architecture, { seed: 0, weights });
  return closeAfter(
    async () => {
      try {
        const loss = await trainSteps(network, dataset, settings, batches, signal);
        const scores = scored
          ? await taylorScores(
              network,
              await take(batches, settings.scoredBatches),
              settings.criterion,
              signal,
            )
          : new Map<string, Float64Array>();
        const place = { term: 'weights', step: settings.stepsPerRound, epoch: 0 };
        return { architecture, weights: finiteWeights(await network.weights(), place), loss, scores };
      } catch (error) {
        throw withRemedy(error, settings);
      }
    },
    () => {
      network.dispose();
    },
  );
}

/** An error about numbers that are not finite names the rate of pruning, which no recipe's learning rate changes. */
function withRemedy(error: unknown, { learningRate }: Settings): unknown {
  if (!isDmnnError(error, 'DMNN_NAN')) return error;
  const remedy = `Nothing is saved. Lower the rate of pruning: pruning.learningRate (now ${learningRate}).`;
  return trainingError(error.details as unknown as TrainingErrorDetails, remedy, error);
}

async function trainSteps(
  network: Network,
  dataset: Dataset,
  settings: Settings,
  batches: AsyncGenerator<Batch>,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  const recipe = recipeOf(network, settings);
  const learner = createLearner(network, recipe, dataset);
  const optimiser = new Sgd(learner.trainable, { ...recipe.optimiser, decays: decaysBy([], learner) });
  let sum = 0;
  await closeAfter(
    async () => {
      for (let step = 0; step < settings.stepsPerRound; step++) {
        await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
        signal?.throwIfAborted();
        const [batch] = await take(batches, 1);
        const { values, gradients } = await computeStep(learner, batch as Batch, recipe, {
          step,
          epoch: 0,
          progress: 0,
        });
        optimiser.step(gradients, settings.learningRate);
        tf.dispose([...gradients.values()]);
        sum += values.loss.total;
      }
    },
    () => {
      optimiser.dispose();
    },
  );
  return settings.stepsPerRound === 0 ? null : sum / settings.stepsPerRound;
}

/** Batches of one epoch after the other. */
async function* trainingImages(
  { dataset, onSkipped }: PruneOptions,
  { batchSize, seed, augmentation }: Settings,
): AsyncGenerator<Batch> {
  for (let epoch = 0; ; epoch++) {
    for await (const batch of trainingBatches(dataset, { batchSize, seed, epoch, augment: augmentation })) {
      await reportSkipped(batch, onSkipped);
      yield batch;
    }
  }
}

async function take(batches: AsyncGenerator<Batch>, count: number): Promise<Batch[]> {
  const taken: Batch[] = [];
  while (taken.length < count) taken.push((await batches.next()).value as Batch);
  return taken;
}

/** Removes the lowest channels, but no more than it takes to reach the wanted cost. */
function removeEnough(
  network: NetworkData,
  lowest: readonly ChannelPlace[],
  name: string,
  wantedMacs: number,
  imageSizePx: number,
): NetworkData {
  const without = (count: number): NetworkData =>
    removeChannels(network, byPath(lowest.slice(0, count)), name);
  const isEnough = (count: number): boolean =>
    countNetwork(without(count).architecture, { imageSizePx }).macs <= wantedMacs;
  if (!isEnough(lowest.length)) return without(lowest.length);
  let [few, enough] = [0, lowest.length]; // the cost falls with every channel
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else few = middle;
  }
  return without(enough);
}

function byPath(places: readonly ChannelPlace[]): Map<string, number[]> {
  const channels = new Map<string, number[]>();
  for (const { path, channel } of places) channels.set(path, [...(channels.get(path) ?? []), channel]);
  return channels;
}

function channelCount({ architecture }: NetworkData): number {
  return channelGroups(architecture).reduce((sum, { channels }) => sum + channels, 0);
}
