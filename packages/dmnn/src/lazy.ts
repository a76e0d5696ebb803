import type { CascadeSettings } from '@dmnn/confidence';
import type { InMemoryDataset } from '@dmnn/data';
import type { ReportData } from '@dmnn/report';
import type { OpenedNetworkData, ReadRunOptions, Recipe } from '@dmnn/runs';
import type { BackendReport, ChooseBackendOptions } from '@dmnn/runtime';
import type { EvaluateOptions, Evaluation, TrainOptions, TrainResult } from '@dmnn/trainer';
import type { PredictOptions } from './classify/predict.js';
import type { Prediction, UnreadableImage } from './classify/predict-images.js';
import type { ExplainOptions } from './explain/explain.js';
import type { Explanation } from './explain/explanation.js';
import type { ExportModelOptions } from './export-model.js';
import type { ImportModelOptions, ImportedModel } from './import-model.js';
import type { CollectReportOptions } from './report/collect-report.js';
import type { WrittenReport } from './report/write-report.js';
import type { ExportCheck } from './verify/verify-export.js';

// Each function loads its package at the first call, so that importing dmnn is fast.

/**
 * Starts the best backend that works on this machine: `chooseBackend` of `@dmnn/runtime`, with the gradients of
 * `@tensorflow/tfjs` registered first.
 *
 * For applications: it sets the global backend of tfjs-core.
 *
 * @throws DmnnError `DMNN_BACKEND` if there are several copies of tfjs-core, or if nothing works
 * @throws RangeError if an option is out of its range
 * @example
 * ```ts
 * import { chooseBackend } from 'dmnn';
 *
 * const { chosen } = await chooseBackend({ prefer: 'wasm' });
 * console.log(chosen); // => wasm
 * ```
 */
export async function chooseBackend(options: ChooseBackendOptions = {}): Promise<BackendReport> {
  await import('@tensorflow/tfjs'); // registers the gradients
  return (await import('@dmnn/runtime')).chooseBackend(options);
}

/**
 * Opens both splits of a data set: `openDataset` of `@dmnn/data`.
 *
 * @param spec - `built-in` or `shapes`, or `cifar10=PATH` or `cifar100=PATH` with the folder of its binary version
 * @throws DmnnError `DMNN_UNKNOWN_DATASET` with the nearest names; DataError if files are missing or damaged
 * @example
 * ```ts
 * import { openDataset } from 'dmnn';
 *
 * const { train, test } = await openDataset('built-in');
 * console.log(train.classes, train.size > test.size); // => 100 true
 * ```
 */
export async function openDataset(
  spec: string,
): Promise<{ readonly train: InMemoryDataset; readonly test: InMemoryDataset }> {
  return (await import('@dmnn/data')).openDataset(spec);
}

/**
 * Names of the recipes that come with dmnn.
 *
 * @example
 * ```ts
 * import { recipeNames } from 'dmnn';
 *
 * console.log((await recipeNames()).includes('demo-dynamic')); // => true
 * ```
 */
export async function recipeNames(): Promise<readonly string[]> {
  return (await import('@dmnn/runs')).recipeNames();
}

/**
 * A recipe that comes with dmnn, with changed settings.
 *
 * @param changes - `a.b=value`, in order, like `--set` on the command line
 * @throws RecipeError with near names or keys
 * @example
 * ```ts
 * import { recipeNamed } from 'dmnn';
 *
 * const recipe = await recipeNamed('demo-dynamic', ['epochs=1', 'seed=7']);
 * console.log(recipe.epochs, recipe.seed); // => 1 7
 * ```
 */
export async function recipeNamed(name: string, changes: readonly string[] = []): Promise<Recipe> {
  const runs = await import('@dmnn/runs');
  return runs.parseRecipe(runs.overrideRecipe(runs.recipeNamed(name), changes));
}

/**
 * Trains a network with a recipe into a run folder: `train` of `@dmnn/trainer`. Uses the backend that is set.
 *
 * @throws RecipeError, RunFolderError, CheckpointError, DmnnError `DMNN_NAN`, DmnnError `DMNN_BAD_IMAGES`, DataError
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { builtInDataset } from '@dmnn/data';
 * import { chooseBackend, recipeNamed, train } from 'dmnn';
 *
 * await chooseBackend({ prefer: 'wasm' });
 * const folder = await mkdtemp(join(tmpdir(), 'dmnn-'));
 * const { status, step } = await train({
 *   recipe: await recipeNamed('demo', ['model.name=cifar-resnet8-0.25', 'epochs=1', 'batchSize=4']),
 *   data: { train: builtInDataset({ split: 'train', size: 8 }), test: builtInDataset({ split: 'test', size: 4 }) },
 *   folder,
 * });
 * console.log(status, step); // => finished 2
 * await rm(folder, { recursive: true });
 * ```
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  return (await import('@dmnn/trainer')).train(options);
}

/**
 * Runs a network on every image of a data set once: `evaluate` of `@dmnn/trainer`. Uses the backend that is set.
 *
 * @throws RangeError, DmnnError `DMNN_NAN`, DataError; the signal's reason, if it aborts
 * @example
 * ```ts
 * import { builtInDataset } from '@dmnn/data';
 * import { chooseBackend, createNetwork, evaluate } from 'dmnn';
 *
 * await chooseBackend({ prefer: 'wasm' });
 * const network = await createNetwork('dmnn-cifar-resnet8-0.25-n2', { seed: 1 });
 * const { images, gates } = await evaluate({ network, dataset: builtInDataset({ split: 'test', size: 4 }) });
 * console.log(images, gates.executionRates.length); // => 4 3
 * network.dispose();
 * ```
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  return (await import('@dmnn/trainer')).evaluate(options);
}

/**
 * Opens a trained network as plain data: `openNetworkData` of `@dmnn/runs`. Makes no tensors.
 *
 * @param folder - a run folder or an imported model folder
 * @throws ModelFolderError, RunFolderError, CheckpointError, WeightsError
 * @throws RangeError for a step or a width that the folder does not have
 * @example
 * ```ts
 * import { openNetworkData } from 'dmnn';
 *
 * await openNetworkData('there-is-no-model-here').catch(({ code }) => console.log(code)); // => DMNN_MODEL_FOLDER
 * ```
 */
export async function openNetworkData(
  folder: string,
  options: ReadRunOptions = {},
): Promise<OpenedNetworkData> {
  return (await import('@dmnn/runs')).openNetworkData(folder, options);
}

/**
 * Reads the logs of runs and evaluates their networks on the test images: all data of a report.
 *
 * Uses the backend that is set. A run whose data are not given, or that has no checkpoint yet, is reported by its log
 * alone, with a remark that says so.
 *
 * @throws RunFolderError if a folder holds no run; CheckpointError if its checkpoint is damaged
 * @throws DmnnError `DMNN_UNKNOWN_CLASS` for a name that is not a class of the data
 * @throws the signal's reason, if it aborts
 * @example
 * ```ts
 * import { reportHtml } from '@dmnn/report';
 * import { collectReport } from 'dmnn';
 *
 * const data = await collectReport({ folders: [], title: 'No runs' });
 * console.log(data.runs.length, reportHtml(data).includes('<h1>No runs</h1>')); // => 0 true
 * ```
 */
export async function collectReport(options: CollectReportOptions): Promise<ReportData> {
  return (await import('./report/collect-report.js')).collectReport(options);
}

/**
 * Writes the page of a report, its data as JSON and each figure as SVG.
 *
 * @param folder - created if needed
 * @returns the paths of the written files
 * @throws if the folder cannot be written
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { collectReport, writeReport } from 'dmnn';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'dmnn-'));
 * const { report } = await writeReport(await collectReport({ folders: [] }), folder);
 * console.log(report.endsWith('report.html')); // => true
 * await rm(folder, { recursive: true });
 * ```
 */
export async function writeReport(data: ReportData, folder: string): Promise<WrittenReport> {
  return (await import('./report/write-report.js')).writeReport(data, folder);
}

/**
 * Classifies images with a trained model, one at a time, and reports the sub-blocks that ran.
 *
 * @param images - files, and folders of them
 * @returns a prediction for each; one with `error` for a file that cannot be read
 * @throws ModelFolderError, RunFolderError, CheckpointError, BackendError, when the first prediction is requested
 * @example
 * ```ts
 * import { predict } from 'dmnn';
 *
 * try {
 *   for await (const prediction of predict(['photo.jpg'], { model: 'there-is-no-model-here' }))
 *     console.log(prediction);
 * } catch (error) {
 *   console.log((error as { code: string }).code); // => DMNN_MODEL_FOLDER
 * }
 * ```
 */
export async function* predict(
  images: readonly string[],
  options: PredictOptions,
): AsyncGenerator<Prediction | UnreadableImage> {
  yield* (await import('./classify/predict.js')).predict(images, options);
}

/**
 * Exports a trained model to one ONNX file that skips closed sub-blocks and holds class names and image preparation.
 * The file is run on seeded images and compared with the network, as `dmnn export` does, if onnxruntime-node is
 * installed; `verify: false` leaves that out, and `onRemark` is called if it was not possible.
 *
 * @param folder - a run folder or an imported model folder, or that of a cascade, whose later stages images skip that stop
 *   before
 * @returns the bytes of the file
 * @throws ModelFolderError, RunFolderError, CheckpointError; an error with `DMNN_EXPORT` if the options do not fit, the
 *   network has exits and is in no cascade, or the file gives something else than the network
 * @example
 * ```ts
 * import { exportModel } from 'dmnn';
 *
 * await exportModel('there-is-no-model-here').catch(({ code }) => console.log(code)); // => DMNN_MODEL_FOLDER
 * ```
 */
export async function exportModel(folder: string, options: ExportModelOptions = {}): Promise<Uint8Array> {
  const { exportNetwork, exportOpenedCascade } = await import('./export-model.js');
  const { isCascade, openCascade } = await import('@dmnn/runs');
  const { verify = true, onRemark, ...settings } = options;
  const runtime = verify ? await import('onnxruntime-node').catch(() => undefined) : undefined;
  let file: Uint8Array;
  let checked: () => Promise<ExportCheck>;
  if (await isCascade(folder)) {
    const cascade = await openCascade(folder);
    file = exportOpenedCascade(cascade, settings);
    checked = async () => {
      const { verifyCascade } = await import('./verify/verify-cascade.js');
      const write = (other: CascadeSettings) => exportOpenedCascade(cascade, settings, other);
      return verifyCascade({ ...cascade, file, write }, { ...settings, runtime });
    };
  } else {
    const { preparationOf } = await import('./classify/image-preparation.js');
    const opened = await openNetworkData(folder);
    file = exportNetwork({ ...opened, preparation: preparationOf(opened) }, settings);
    checked = async () => {
      const { verifyExport } = await import('./verify/verify-export.js');
      return verifyExport(file, opened, { ...settings, runtime });
    };
  }
  if (verify) {
    const check = await checked();
    if ('unverifiedBecause' in check)
      onRemark?.(`${folder}: the exported file was not run: ${check.unverifiedBecause}`);
  }
  return file;
}

/**
 * Explains how a trained model processes one image: gate probabilities, the sub-blocks that ran, cost and classes.
 *
 * @param image - an image file
 * @throws ModelFolderError, RunFolderError, CheckpointError, BackendError; DataError for an image that cannot be read
 * @example
 * ```ts
 * import { explain } from 'dmnn';
 *
 * await explain('photo.jpg', { model: 'there-is-no-model-here' }).catch(({ code }) => console.log(code));
 * // => DMNN_MODEL_FOLDER
 * ```
 */
export async function explain(image: string, options: ExplainOptions): Promise<Explanation> {
  return (await import('./explain/explain.js')).explain(image, options);
}

/**
 * Imports trained weights from a safetensors file of torchvision, timm or another PyTorch network into a model folder,
 * which `predict`, `explain`, `evaluate` (by `openNetworkData`) and `exportModel` open.
 *
 * @throws FileError if the file cannot be read; SafetensorsError, ImportError, ModelFolderError
 * @throws DmnnError `DMNN_UNKNOWN_MODEL` with the nearest names
 * @example
 * ```ts
 * import { importModel } from 'dmnn';
 *
 * await importModel({ file: 'none.safetensors', model: 'resnet50', out: 'models/resnet50' }).catch(({ code }) =>
 *   console.log(code),
 * ); // => DMNN_FILE
 * ```
 */
export async function importModel(options: ImportModelOptions): Promise<ImportedModel> {
  return (await import('./import-model.js')).importModel(options);
}
