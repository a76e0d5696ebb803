import { closeAfter } from '@dmnn/foundation';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InMemoryDataset, subset } from '@dmnn/data';
import { epochOrder } from '@dmnn/data/internal';
import { countNetwork } from '@dmnn/flops';
import type { Execution } from '@dmnn/network';
import { evaluate } from '../../evaluate/evaluate.js';
import type { Evaluation } from '../../evaluate/evaluation.js';
import { type Recipe, gatingTarget, openNetworkData, parseRecipe, recipeNamed } from '@dmnn/runs';
import type { NetworkData } from '@dmnn/weights';
import type { EngineFacts, EngineNetwork } from '../../evaluate/engine-network.js';
import { evaluateEngine } from '../../evaluate/evaluate-engine.js';
import { loadRun } from '../../run/load-run.js';
import type { TrainEvent } from '../../train/train-events.js';
import { train } from '../../train.js';

/** What {@link runDemo} takes. */
export interface DemoOptions {
  /** The built-in data, or any other of 32×32 images; a part of it is used if it is larger than the demo's budget. */
  readonly data: { readonly train: InMemoryDataset; readonly test: InMemoryDataset };
  /** Images that each network is trained on, repetitions counted. @defaultValue 32,000 */
  readonly trainingImages?: number | undefined;
  /** Images that each network is evaluated on. @defaultValue 1,000 */
  readonly testImages?: number | undefined;
  /** Assumed for both networks instead of the recipes `demo` and `demo-dynamic`. */
  readonly recipes?: readonly Recipe[];
  /**
   * Opens a trained network in an engine, in which it is evaluated too, one image at a time.
   *
   * @returns undefined for none
   */
  readonly openEngine?: ((network: NetworkData) => Promise<DemoEngine | undefined>) | undefined;
  /** Called after each training step and each evaluation batch. */
  readonly onProgress?: (event: DemoEvent) => void;
  /** Ends the demo early. */
  readonly signal?: AbortSignal | undefined;
}

/** An engine with a network of the demo, which closes it. */
export interface DemoEngine extends EngineNetwork {
  close(): Promise<void>;
}

/** What {@link runDemo} reports while it runs. */
export type DemoEvent =
  | { readonly kind: 'training'; readonly network: string; readonly event: TrainEvent }
  | {
      readonly kind: 'evaluating';
      readonly network: string;
      /** How it is executed, or the engine's name. */
      readonly execution: Execution | (string & {});
      readonly images: number;
      readonly of: number;
    };

/** One network of the demo. */
export interface DemoRow {
  readonly name: string;
  readonly parameters: number;
  /** With all gates open. */
  readonly fullMacs: number;
  readonly trainingSeconds: number;
  /** One image at a time, all sub-blocks computed. */
  readonly masked: Evaluation;
  /** One image at a time, only open sub-blocks computed. */
  readonly skipping: Evaluation;
  /** In the engine, one image at a time; null without one. */
  readonly inEngine: { readonly engine: EngineFacts; readonly evaluation: Evaluation } | null;
  /** The target; null without gates. */
  readonly target: number | null;
}

/** What the demo found out. */
export interface DemoResult {
  /** Name of the data set. */
  readonly data: string;
  readonly trainingImages: number;
  readonly testImages: number;
  /** The static network, then the dynamic one. */
  readonly rows: readonly DemoRow[];
  readonly seconds: number;
}

/**
 * Trains a small static network and its dynamic version on the same images, and evaluates both, masked and with real
 * skipping. Uses the backend that is set; writes only into a temporary folder, and removes it.
 *
 * @throws the signal's reason, if it aborts
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { builtInDataset } from '@dmnn/data';
 * import { overrideRecipe, parseRecipe, recipeNamed } from '@dmnn/runs';
 * import { runDemo } from '@dmnn/trainer/paper';
 *
 * await tf.setBackend('cpu');
 * const smaller = (name: string, model: string) =>
 *   parseRecipe(overrideRecipe(recipeNamed(name), [`model.name=${model}`, 'batchSize=4']));
 * const { rows } = await runDemo({
 *   data: { train: builtInDataset({ split: 'train', size: 8 }), test: builtInDataset({ split: 'test', size: 4 }) },
 *   trainingImages: 8,
 *   recipes: [smaller('demo', 'cifar-resnet8-0.25'), smaller('demo-dynamic', 'dmnn-cifar-resnet8-0.25-n2')],
 * });
 * console.log(rows.map(({ name }) => name).join()); // => cifar-resnet8-0.25,dmnn-cifar-resnet8-0.25-n2
 * ```
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const start = performance.now();
  const { recipes = [recipeNamed('demo'), recipeNamed('demo-dynamic')] } = options;
  const test = part(options.data.test, options.testImages ?? 1000);
  const trainingImages = options.trainingImages ?? 32_000;
  const rows: DemoRow[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'dmnn-demo-'));
  await closeAfter(
    async () => {
      for (const [i, recipe] of recipes.entries()) {
        const data = { train: part(options.data.train, trainingImages), test };
        const epochs = Math.max(1, Math.round(trainingImages / data.train.size));
        const once = parseRecipe({
          ...recipe,
          epochs,
          evaluation: { ...recipe.evaluation, everyEpochs: epochs },
        });
        rows.push(await demoRow(once, data, join(folder, String(i)), options));
      }
    },
    () => rm(folder, { recursive: true, force: true }),
  );
  return {
    data: options.data.train.name,
    trainingImages,
    testImages: test.size,
    rows,
    seconds: (performance.now() - start) / 1000,
  };
}

async function demoRow(
  recipe: Recipe,
  data: DemoOptions['data'],
  folder: string,
  { onProgress, signal, openEngine }: DemoOptions,
): Promise<DemoRow> {
  const start = performance.now();
  const name = recipe.model.name;
  await train({
    recipe,
    data,
    folder,
    onProgress: (event) => onProgress?.({ kind: 'training', network: name, event }),
    ...(signal && { signal }),
  });
  signal?.throwIfAborted();
  const trainingSeconds = (performance.now() - start) / 1000;
  const progress = (execution: string) => (images: number) =>
    onProgress?.({ kind: 'evaluating', network: name, execution, images, of: data.test.size });
  const { network } = await loadRun(folder, { which: 'latest' });
  return closeAfter(
    async () => {
      network.fold(); // as a device would run it
      const evaluated = (execution: Execution): Promise<Evaluation> =>
        oneByOne((part, onImages) =>
          evaluate({
            network,
            dataset: part,
            execution,
            batchSize: 1,
            onProgress: onImages,
            ...(signal && { signal }),
          }),
        )(data.test, progress(execution));
      const { parameters, macs } = countNetwork(network.architecture, { imageSizePx: data.test.imageSizePx });
      return {
        name: network.architecture.name,
        parameters,
        fullMacs: macs,
        trainingSeconds,
        masked: await evaluated('masked'),
        skipping: await evaluated('skipping'),
        inEngine: await evaluatedInEngine(folder, data.test, progress, { openEngine, signal }),
        target: recipe.gating ? gatingTarget(recipe.gating).value : null,
      };
    },
    () => {
      network.dispose();
    },
  );
}

async function evaluatedInEngine(
  folder: string,
  test: InMemoryDataset,
  progress: (execution: string) => (images: number) => void,
  { openEngine, signal }: Pick<DemoOptions, 'openEngine' | 'signal'>,
): Promise<DemoRow['inEngine']> {
  const engine = await openEngine?.(await openNetworkData(folder, { which: 'latest' }));
  if (!engine) return null;
  return closeAfter(
    async () => {
      const evaluated = oneByOne((part, onProgress) =>
        evaluateEngine({ network: engine, dataset: part, batchSize: 1, onProgress, signal }),
      );
      const evaluation = await evaluated(test, progress(engine.engine.name));
      return { engine: engine.engine, evaluation };
    },
    () => engine.close(),
  );
}

/** Evaluates part of a data set. */
type EvaluatePart = (part: InMemoryDataset, onProgress: (images: number) => void) => Promise<Evaluation>;

/** Batch 1 is how a device runs, and where skipping needs no gathering. A few images first let code be compiled. */
function oneByOne(run: EvaluatePart): EvaluatePart {
  return async (dataset, onProgress) => {
    await run(part(dataset, 10), () => undefined);
    return run(dataset, onProgress);
  };
}

/** The data set, or as many images of it as are wanted, drawn the same way each time. */
function part(dataset: InMemoryDataset, images: number): InMemoryDataset {
  if (dataset.size <= images) return dataset;
  return subset(dataset, [...epochOrder(dataset.size, { seed: 0, epoch: 0 }).subarray(0, images)]);
}
