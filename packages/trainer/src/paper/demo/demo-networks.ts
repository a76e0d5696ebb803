import { holdOut, type InMemoryDataset, subset } from '@dmnn/data';
import { epochOrder } from '@dmnn/data/internal';
import { closeAfter, closeIfFails } from '@dmnn/foundation';
import type { Network } from '@dmnn/network';
import { type OpenedNetworkData, type Recipe, openNetworkData, parseRecipe } from '@dmnn/runs';
import { join } from 'node:path';
import type { EngineFacts, EngineNetwork } from '../../evaluate/engine-network.js';
import { loadRun } from '../../run/load-run.js';
import { train } from '../../train.js';
import type { DemoOptions, DemoPart } from './demo-options.js';

/** In the order in which they are trained. */
export const demoParts: readonly DemoPart[] = ['static', 'narrowed', 'small'];

/** ResNet-8 at three widths; the narrowed one costs what the cascade may cost, which is chosen so. */
const demoModels: Readonly<Record<DemoPart, string>> = {
  static: 'cifar-resnet8-0.5',
  narrowed: 'cifar-resnet8-0.375',
  small: 'cifar-resnet8-0.25',
};

/** Images to train on, to choose the cascade on, and to measure on. */
export interface DemoData {
  readonly train: InMemoryDataset;
  readonly heldOut: InMemoryDataset;
  readonly test: InMemoryDataset;
  /** How often each training image is used. */
  readonly epochs: number;
}

/** A trained network of the demo, open for measurements. */
export interface DemoNetwork {
  /** Of its run, as the cascade's folder names it. */
  readonly opened: OpenedNetworkData;
  readonly network: Network | EngineNetwork;
  /** Null on TensorFlow.js. */
  readonly engine: EngineFacts | null;
  readonly trainingSeconds: number;
  close(): Promise<void> | void;
}

/** Passes over the images, if there are enough: in one alone, a wide network does not get further than a narrow one. */
const EPOCHS = 4;
const MOST_HELD_OUT = 4000;
const FEWEST_HELD_OUT = 60;

/**
 * Divides the training images into those that networks are trained on, and one in seven on which the cascade is chosen.
 *
 * @throws RangeError if there are too few
 */
export function demoData({ data, trainingImages = 32_000, testImages = 4000 }: DemoOptions): DemoData {
  const images = data.train.size;
  if (images < 2 * FEWEST_HELD_OUT) {
    throw new RangeError(
      `data: expected at least ${2 * FEWEST_HELD_OUT} training images, ${FEWEST_HELD_OUT} of them to choose the cascade on, got ${images}`,
    );
  }
  const heldOut = Math.min(MOST_HELD_OUT, Math.max(FEWEST_HELD_OUT, Math.round(images / 7)));
  const parts = holdOut(data.train, heldOut);
  const part = drawn(parts.train, Math.ceil(trainingImages / EPOCHS));
  return {
    train: part,
    heldOut: parts.test,
    test: drawn(data.test, testImages),
    epochs: Math.max(1, Math.round(trainingImages / part.size)),
  };
}

/** The data set, or as many images of it as are wanted, drawn the same way each time. */
function drawn(dataset: InMemoryDataset, images: number): InMemoryDataset {
  if (dataset.size <= images) return dataset;
  return subset(dataset, [...epochOrder(dataset.size, { seed: 0, epoch: 0 }).subarray(0, images)]);
}

/** Trains networks one after the other, for as many epochs each, and opens them while `use` runs. */
export async function withTrainedNetworks<Result>(
  recipe: Recipe,
  data: DemoData,
  options: DemoOptions,
  use: (networks: Readonly<Record<DemoPart, DemoNetwork>>) => Promise<Result>,
): Promise<Result> {
  const networks: Partial<Record<DemoPart, DemoNetwork>> = {};
  return closeAfter(
    async () => {
      for (const part of demoParts) networks[part] = await trainedNetwork(part, recipe, data, options);
      return use(networks as Readonly<Record<DemoPart, DemoNetwork>>);
    },
    async () => {
      for (const network of Object.values(networks)) await network.close();
    },
  );
}

async function trainedNetwork(
  part: DemoPart,
  recipe: Recipe,
  { train: images, heldOut, epochs }: DemoData,
  { folder, seed = 1, models = demoModels, openEngine, onProgress, signal }: DemoOptions,
): Promise<DemoNetwork> {
  const start = performance.now();
  const run = join(folder, part);
  await train({
    recipe: parseRecipe({
      ...recipe,
      name: `demo-${part}`,
      model: { ...recipe.model, name: models[part] },
      seed,
      epochs,
      evaluation: { ...recipe.evaluation, everyEpochs: epochs },
    }),
    data: { train: images, test: heldOut }, // the test images stay unseen until everything is chosen
    folder: run,
    onProgress: (event) => onProgress?.({ kind: 'training', part, event }),
    ...(signal && { signal }),
  });
  signal?.throwIfAborted();
  const trainingSeconds = (performance.now() - start) / 1000;
  const opened = await openNetworkData(run, { which: 'latest' });
  const engine = await openEngine?.(opened);
  if (engine) {
    return { opened, network: engine, engine: engine.engine, trainingSeconds, close: () => engine.close() };
  }
  const { network } = await loadRun(run, { which: 'latest' });
  return closeIfFails(
    () => {
      network.fold(); // as a device would run it
      const close = (): void => {
        network.dispose();
      };
      return Promise.resolve({ opened, network, engine: null, trainingSeconds, close });
    },
    () => {
      network.dispose();
    },
  );
}
