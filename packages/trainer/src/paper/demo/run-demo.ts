import {
  type CascadeEvaluation,
  type CascadeSettings,
  chooseSettings,
  evaluateCascade,
} from '@dmnn/confidence';
import type { InMemoryDataset } from '@dmnn/data';
import { countNetwork } from '@dmnn/flops';
import { cascade, recipeNamed, saveCascade } from '@dmnn/runs';
import { subset } from '@dmnn/data';
import { join } from 'node:path';
import { type StageOutputs, stageOutputs } from '../../cascade/stage-outputs.js';
import { uncalibratedStages } from '../../cascade/uncalibrated-stages.js';
import type { EngineFacts } from '../../evaluate/engine-network.js';
import {
  type DemoData,
  type DemoNetwork,
  demoData,
  demoParts,
  withTrainedNetworks,
} from './demo-networks.js';
import type { DemoOptions, DemoPart, DemoSystemName } from './demo-options.js';
import { alone, demoTimes } from './demo-times.js';

/** A network of the demo. */
export interface DemoNetworkFacts {
  readonly name: string;
  readonly parameters: number;
  readonly macs: number;
  /** How often it was trained on each training image. */
  readonly epochs: number;
  readonly trainingSeconds: number;
  /** Alone on all test images. */
  readonly top1ErrorPercent: number;
  /** Its run. */
  readonly folder: string;
}

/** What was measured of a system on the test images. */
export interface DemoSystem {
  readonly top1ErrorPercent: number;
  readonly meanMacs: number;
  /** Of an image that runs alone. */
  readonly msPerImage: number;
}

/** What the demo found out. */
export interface DemoResult {
  /** Name of the data set. */
  readonly data: string;
  /** Images that all networks were trained on. */
  readonly trainingImages: number;
  /** Training images that no network was trained on: temperatures and threshold were chosen on them. */
  readonly heldOutImages: number;
  readonly seed: number;
  readonly networks: Readonly<Record<DemoPart, DemoNetworkFacts>>;
  readonly systems: Readonly<Record<DemoSystemName, DemoSystem>>;
  /** The cascade on each test image, and its control: as many images that go on, chosen at random. */
  readonly cascade: CascadeEvaluation;
  /** Its folder. */
  readonly folder: string;
  /** The images that everything was measured on. */
  readonly test: InMemoryDataset;
  readonly times: {
    /** What computed; null on TensorFlow.js. */
    readonly engine: EngineFacts | null;
    readonly images: number;
    /** Of them, those that the cascade answered otherwise one at a time than in batches: what rounding decides. */
    readonly differences: number;
  };
  readonly seconds: number;
}

/** Test images that are timed, of all systems alike. */
const TIMED_IMAGES = 500;

/**
 * Shows what deciding from image to image is worth: trains a static network, a narrowed and a small one on the same
 * images, all as long by what an image costs, and joins small and static to a cascade that costs what the narrowed one does. Temperatures and threshold
 * are chosen on training images that no network has seen. Uses the backend that is set.
 *
 * @throws RangeError if there are too few images; DmnnError `DMNN_BUDGET` if the small network costs more than the narrowed one
 * @throws the signal's reason, if it aborts
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { shapesDataset } from '@dmnn/data';
 * import { runDemo } from '@dmnn/trainer/paper';
 *
 * await tf.setBackend('cpu');
 * const folder = await mkdtemp(join(tmpdir(), 'dmnn-'));
 * const { systems } = await runDemo({
 *   data: { train: shapesDataset({ split: 'train', size: 120 }), test: shapesDataset({ split: 'test', size: 10 }) },
 *   folder,
 *   trainingImages: 48, // far too few
 *   models: { static: 'cifar-resnet8-0.25', narrowed: 'cifar-resnet8-0.1875', small: 'cifar-resnet8-0.125' },
 * });
 * console.log(Object.keys(systems).join()); // => static,narrowed,dynamic
 * await rm(folder, { recursive: true });
 * ```
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const start = performance.now();
  const { recipe = recipeNamed('demo-shapes'), folder, seed = 1 } = options;
  const data = demoData(options);
  return withTrainedNetworks(recipe, data, options, async (networks) => {
    const outputs = await outputsOf(networks, data, options);
    const small = outputs.small;
    const full = outputs.static;
    const settings = chooseSettings(uncalibratedStages([small.heldOut, full.heldOut]), {
      labels: small.heldOut.labels,
      aim: { budget: macsOf(networks.narrowed, data) },
    });
    const joined = cascade([networks.small.opened, networks.static.opened], settings);
    await saveCascade(join(folder, 'cascade'), joined);
    const stages = uncalibratedStages([small.test, full.test]);
    const evaluation = evaluateCascade(stages, small.test.labels, settings);
    const { msPerImage, ...times } = await timesOf(networks, settings, evaluation, data, options);
    const system = (part: 'static' | 'narrowed'): DemoSystem => ({
      top1ErrorPercent: outputs[part].test.evaluation.error.top1ErrorPercent,
      meanMacs: outputs[part].test.evaluation.cost.meanMacs,
      msPerImage: msPerImage[part],
    });
    return {
      data: options.data.train.name,
      trainingImages: data.train.size,
      heldOutImages: data.heldOut.size,
      seed,
      networks: {
        static: factsOf(networks.static, full.test, data),
        narrowed: factsOf(networks.narrowed, outputs.narrowed.test, data),
        small: factsOf(networks.small, small.test, data),
      },
      systems: {
        static: system('static'),
        narrowed: system('narrowed'),
        dynamic: {
          top1ErrorPercent: evaluation.errorPercent,
          meanMacs: evaluation.meanCost,
          msPerImage: msPerImage.dynamic,
        },
      },
      cascade: evaluation,
      folder: join(folder, 'cascade'),
      test: data.test,
      times,
      seconds: (performance.now() - start) / 1000,
    };
  });
}

/** Of held-out and of test images. */
interface PartOutputs {
  readonly heldOut: StageOutputs;
  readonly test: StageOutputs;
}

async function outputsOf(
  networks: Readonly<Record<DemoPart, DemoNetwork>>,
  { heldOut, test }: DemoData,
  { onProgress, signal }: DemoOptions,
): Promise<Record<DemoPart, PartOutputs>> {
  const outputs: Partial<Record<DemoPart, PartOutputs>> = {};
  for (const part of demoParts) {
    const of = heldOut.size + test.size;
    const on = (dataset: InMemoryDataset, before: number): Promise<StageOutputs> =>
      stageOutputs({
        network: networks[part].network,
        dataset,
        signal,
        onProgress: (images) => onProgress?.({ kind: 'measuring', what: part, images: before + images, of }),
      });
    outputs[part] = { heldOut: await on(heldOut, 0), test: await on(test, heldOut.size) };
  }
  return outputs as Record<DemoPart, PartOutputs>;
}

async function timesOf(
  networks: Readonly<Record<DemoPart, DemoNetwork>>,
  settings: CascadeSettings,
  { predicted }: CascadeEvaluation,
  { test }: DemoData,
  { onProgress, signal }: DemoOptions,
): Promise<DemoResult['times'] & { readonly msPerImage: Readonly<Record<DemoSystemName, number>> }> {
  const images = Math.min(TIMED_IMAGES, test.size);
  const timed = subset(
    test,
    Array.from({ length: images }, (_, index) => index),
  );
  const { msPerImage, answers } = await demoTimes(
    {
      static: alone(networks.static.network),
      narrowed: alone(networks.narrowed.network),
      dynamic: { networks: [networks.small.network, networks.static.network], settings },
    },
    timed,
    {
      signal,
      onProgress: (done) => onProgress?.({ kind: 'measuring', what: 'times', images: done, of: images }),
    },
  );
  const differences = answers.filter((answer, index) => answer !== predicted[index]).length;
  return { msPerImage, engine: networks.static.engine, images, differences };
}

function macsOf({ opened }: DemoNetwork, { test }: DemoData): number {
  return countNetwork(opened.architecture, { imageSizePx: test.imageSizePx }).macs;
}

function factsOf(
  { opened, epochs, trainingSeconds }: DemoNetwork,
  { evaluation }: StageOutputs,
  { test }: DemoData,
): DemoNetworkFacts {
  const { parameters, macs } = countNetwork(opened.architecture, { imageSizePx: test.imageSizePx });
  return {
    name: opened.architecture.name,
    parameters,
    macs,
    epochs,
    trainingSeconds,
    top1ErrorPercent: evaluation.error.top1ErrorPercent,
    folder: opened.source.folder,
  };
}
