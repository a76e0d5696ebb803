import { holdOut, type InMemoryDataset, subset } from '@dmnn/data';
import { epochOrder } from '@dmnn/data/internal';
import { countNetwork } from '@dmnn/flops';
import { closeAfter, closeIfFails } from '@dmnn/foundation';
import type { Network } from '@dmnn/network';
import { type OpenedNetworkData, type Recipe, openNetworkData, parseRecipe } from '@dmnn/runs';
import { join } from 'node:path';
import type { EngineFacts, EngineNetwork } from '../../evaluate/engine-network.js';
import { loadRun } from '../../run/load-run.js';
import { train } from '../../train.js';
import { architectureOf } from '../../train/architecture-of.js';
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
  /** How often the static network is trained on each training image. */
  readonly epochs: number;
}

/** A trained network of the demo, open for measurements. */
export interface DemoNetwork {
  /** Of its run, as the cascade's folder names it. */
  readonly opened: OpenedNetworkData;
  readonly network: Network | EngineNetwork;
  /** Null on TensorFlow.js. */
  readonly engine: EngineFacts | null;
  readonly epochs: number;
  readonly trainingSeconds: number;
  close(): Promise<void> | void;
}

/** Passes of the static network over the images, if there are enough: after one alone it has more errors than a narrow one. */
const EPOCHS = 3;
const MOST_HELD_OUT = 4000;
const FEWEST_HELD_OUT = 60;

/**
 * Divides the training images into those that networks are trained on, and one in seven on which the cascade is chosen.
 *
 * @throws RangeError if there are too few
 */
export function demoData({ data, trainingImages = 24_000, testImages = 4000 }: DemoOptions): DemoData {
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

/**
 * Trains networks one after the other and opens them while `use` runs. All are trained as long, by what an image costs: one of
 * half the multiply–accumulates gets twice the epochs.
 */
export async function withTrainedNetworks<Result>(
  recipe: Recipe,
  data: DemoData,
  options: DemoOptions,
  use: (networks: Readonly<Record<DemoPart, DemoNetwork>>) => Promise<Result>,
): Promise<Result> {
  const networks: Partial<Record<DemoPart, DemoNetwork>> = {};
  return closeAfter(
    async () => {
      const recipes = demoRecipes(recipe, data, options);
      for (const part of demoParts) networks[part] = await trainedNetwork(part, recipes[part], data, options);
      return use(networks as Readonly<Record<DemoPart, DemoNetwork>>);
    },
    async () => {
      for (const network of Object.values(networks)) await network.close();
    },
  );
}

function demoRecipes(
  recipe: Recipe,
  { train: images, epochs }: DemoData,
  { seed = 1, models = demoModels }: DemoOptions,
): Record<DemoPart, Recipe> {
  const of = (part: DemoPart, times: number): Recipe =>
    parseRecipe({
      ...recipe,
      name: `demo-${part}`,
      model: { ...recipe.model, name: models[part] },
      seed,
      epochs: times,
      evaluation: { ...recipe.evaluation, everyEpochs: times },
    });
  const macsOf = (part: DemoPart): number =>
    countNetwork(architectureOf(of(part, epochs), images), { imageSizePx: images.imageSizePx }).macs;
  const whole = epochs * macsOf('static');
  const asLong = (part: DemoPart): Recipe => of(part, Math.max(1, Math.round(whole / macsOf(part))));
  return { static: asLong('static'), narrowed: asLong('narrowed'), small: asLong('small') };
}

async function trainedNetwork(
  part: DemoPart,
  recipe: Recipe,
  { train: images, heldOut }: DemoData,
  { folder, openEngine, onProgress, signal }: DemoOptions,
): Promise<DemoNetwork> {
  const start = performance.now();
  const run = join(folder, part);
  const { epochs } = recipe;
  await train({
    recipe,
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
    return {
      ...{ opened, network: engine, engine: engine.engine, epochs, trainingSeconds },
      close: () => engine.close(),
    };
  }
  const { network } = await loadRun(run, { which: 'latest' });
  return closeIfFails(
    () => {
      network.fold(); // as a device would run it
      const close = (): void => {
        network.dispose();
      };
      return Promise.resolve({ opened, network, engine: null, epochs, trainingSeconds, close });
    },
    () => {
      network.dispose();
    },
  );
}
