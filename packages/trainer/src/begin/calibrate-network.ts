import { closeAfter } from '@dmnn/foundation';
import { gatedBlocks } from '@dmnn/architecture';
import { type Dataset, trainingBatches } from '@dmnn/data';
import { scripted } from '@dmnn/gating';
import type { Network } from '@dmnn/network';
import { calibrateNorms, calibrationSteps } from '@dmnn/subdivide';
import type { Float32Tensor, Weights } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';

/** Options of {@link calibrateNetwork}. */
export interface CalibrationOptions {
  /** Training images. */
  readonly dataset: Dataset;
  /** How many, at most: whole batches are taken. @defaultValue 512 */
  readonly images?: number;
  /** @defaultValue 128 */
  readonly batchSize?: number;
  /** Decides which. @defaultValue 0 */
  readonly seed?: number;
  /** As in training; image files need another. @defaultValue 'pad-crop-flip' */
  readonly augmentation?: 'pad-crop-flip' | 'random-resized-crop' | 'none';
  /** Stops between two batches; the network may then be calibrated in part. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives the batch norms of divided weights means and variances from data, as training will find them, and scales and
 * shifts that keep what blocks compute with all gates open: exactly where the split was exact; where it was not, the
 * mean of each block becomes what it was.
 *
 * @param network - with weights of `splitWeights`; changed
 * @throws RangeError if a number is out of range
 * @throws the signal's reason, if it aborts
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { createNetwork } from '@dmnn/network';
 * import { builtInDataset } from '@dmnn/data';
 * import { calibrateNetwork } from '@dmnn/trainer';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-0.25-n2'), { seed: 1 });
 * const mean = network.variables.get('stage0.block0.subblock0.unit1.movingMean');
 * const before = mean?.dataSync()[0];
 * await calibrateNetwork(network, { dataset: builtInDataset({ split: 'train', size: 8 }), images: 8 });
 * console.log(before, mean?.dataSync()[0] === before); // => 0 false
 * network.dispose();
 * ```
 */
export async function calibrateNetwork(network: Network, options: CalibrationOptions): Promise<void> {
  for (const step of calibrationSteps(network.architecture)) {
    const measured = await meanStatistics(network, options);
    const weights = await network.weights();
    network.load(new Map([...weights, ...calibrateNorms(step, weights, measured)]));
  }
}

/** Means over the batches of the statistics of each. */
async function meanStatistics(
  network: Network,
  options: CalibrationOptions,
): Promise<Weights<Float32Tensor>> {
  const {
    dataset,
    images = 512,
    batchSize = 128,
    seed = 0,
    augmentation = 'pad-crop-flip',
    signal,
  } = options;
  const size = Math.min(batchSize, dataset.size, images);
  const batches = Math.floor(Math.min(images, dataset.size) / size);
  const allOpen = gatedBlocks(network.architecture).map(({ block }) => block.subBlocks.map(() => true));
  const sums = new Map<string, Float32Tensor>();
  let done = 0;
  const drawn = trainingBatches(dataset, {
    batchSize: size,
    seed,
    epoch: 0,
    startStep: 0,
    augment: augmentation,
  });
  for await (const batch of drawn) {
    await new Promise((resolve) => setImmediate(resolve)); // timers and signals get their turn
    signal?.throwIfAborted();
    const tensor = tf.tensor4d(batch.images, batch.shape);
    await closeAfter(
      async () => {
        const { sampleKeys } = batch;
        addTo(
          sums,
          await network.inputStatistics(tensor, { policy: scripted(allOpen), sampleKeys }),
          batches,
        );
      },
      () => {
        tensor.dispose();
      },
    );
    if (++done === batches) break;
  }
  return sums;
}

function addTo(sums: Map<string, Float32Tensor>, one: Weights<Float32Tensor>, count: number): void {
  for (const [name, { shape, data }] of one) {
    const before = sums.get(name)?.data;
    const next = data.map((value, i) => (before?.[i] ?? 0) + value / count);
    sums.set(name, { dtype: 'F32', shape, data: next });
  }
}
