import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { classNamesOf } from '@dmnn/data';
import { kindOfFile, nodeFileSystem } from '@dmnn/foundation/node';
import { type CheckpointFacts, type ReadRun, type ReadRunOptions, readRun } from '../read-run.js';
import type { ImportedFrom, Model } from './model.js';
import { ModelFolderError } from './model-folder-error.js';
import { modelFile, readModelFolder } from './model-folder.js';
import type { NetworkSetting } from './network-setting.js';
import { cascadeFile, cascadeRefused } from '../folder/cascade-file.js';

/** Where a model was found. */
export type ModelSource =
  | {
      readonly kind: 'run';
      /** The run's folder. */
      readonly folder: string;
      readonly checkpoint: CheckpointFacts;
      /** Name of the recipe that trained it. */
      readonly recipe: string;
      /** Name of the data that it was trained on. */
      readonly dataset: string;
      /** How many images it was trained on. */
      readonly trainingImages: number;
      /** How many images it was evaluated on. */
      readonly testImages: number;
      /** How the test images were held out of images without splits; absent if they were not. */
      readonly heldOut?: { readonly images: number; readonly seed: number } | undefined;
      /** SHA-256 of the labels and file names of its training and its test images; absent if they are not files. */
      readonly digests?: { readonly train: string; readonly test: string } | undefined;
    }
  | {
      readonly kind: 'imported';
      /** The model's folder. */
      readonly folder: string;
      readonly importedFrom: ImportedFrom;
    };

/** A network, and where it was found. */
export interface OpenedNetworkData extends Model {
  readonly source: ModelSource;
  /** A narrow width, or other decisions about its gates; absent if it is as it was trained. */
  readonly setting?: NetworkSetting | undefined;
}

/**
 * Opens a trained network from the folder of a run or of an imported model. Makes no
 * tensors; `createNetwork(architecture, { seed: 0, weights })` of `@dmnn/network` does.
 *
 * @param path - a folder of `train` or of {@link saveModel}; of a run, one in which a trainer is at work is fine
 * @param options - which checkpoint of a run; an imported model has one state, which is the best and the latest
 * @throws ModelFolderError if the folder is neither, or holds an imported model that is not intact
 * @throws DmnnError `DMNN_CASCADE` for the folder of a cascade, which `openCascade` opens
 * @throws RangeError if `step` or a narrow `width` is given for an imported model, or a width that the run was not trained at
 * @throws RunFolderError, CheckpointError, WeightsError as {@link readRun}
 * @example
 * ```ts
 * import { ModelFolderError, openNetworkData } from '@dmnn/runs';
 *
 * try {
 *   await openNetworkData('there-is-no-model-here');
 * } catch (error) {
 *   console.log(error instanceof ModelFolderError && error.code); // => DMNN_MODEL_FOLDER
 * }
 * ```
 */
export async function openNetworkData(
  path: string,
  options: ReadRunOptions = {},
): Promise<OpenedNetworkData> {
  if (await isThere(join(path, modelFile))) {
    if (options.step !== undefined) {
      throw new RangeError(
        `step: expected none for ${path}, which was imported and has no steps, got ${options.step}`,
      );
    }
    const { width = 1 } = options;
    if (width !== 1) {
      throw new RangeError(
        `width: expected 1 for ${path}, which was imported and has one width, got ${width}.`,
      );
    }
    const { importedFrom, ...model } = await readModelFolder(path);
    return { ...model, source: { kind: 'imported', folder: path, importedFrom } };
  }
  if (await isThere(join(path, 'config.json')))
    return modelOfRun(path, await readRun(path, options), options.width);
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isDirectory()) {
    throw new ModelFolderError(
      path,
      [`expected a folder, got ${found.isFile() ? 'a file' : kindOfFile(found)}`],
      'Give the folder of a run or of an imported model; a safetensors file is imported first.',
    );
  }
  if (await isCascade(path)) {
    throw cascadeRefused(path);
  }
  throw new ModelFolderError(
    path,
    [`expected the folder of a run (config.json) or of an imported model (${modelFile}), got neither`],
    'Check the path; train or import first.',
  );
}

/** Whether a folder holds a cascade, which `openCascade` opens. */
export async function isCascade(folder: string): Promise<boolean> {
  return isThere(join(folder, cascadeFile));
}

/** A run that was read at a width, as the network that it is. */
export function modelOfRun(
  folder: string,
  { config, weights, checkpoint }: ReadRun,
  width = 1,
): OpenedNetworkData {
  const { name, size, classes, channelMeans, channelDeviations, shorterSidePx, facts } = config.data.train;
  const classNames = config.data.train.classNames ?? classNamesOf(name);
  const { heldOut, heldOutSeed } = facts ?? {};
  const [train, test] = [config.data.train.photographs?.digest, config.data.test.photographs?.digest];
  return {
    architecture: config.architecture,
    weights,
    channelMeans,
    channelDeviations,
    // data of somebody's own may have the name of ours
    ...(classNames?.length === classes && { classNames }),
    ...(shorterSidePx !== undefined && { shorterSidePx }),
    ...(width !== 1 && { setting: { width } }),
    source: {
      kind: 'run',
      folder,
      checkpoint,
      recipe: config.recipe.name,
      dataset: name,
      trainingImages: size,
      testImages: config.data.test.size,
      ...(typeof heldOut === 'number' &&
        typeof heldOutSeed === 'number' && { heldOut: { images: heldOut, seed: heldOutSeed } }),
      ...(train !== undefined && test !== undefined && { digests: { train, test } }),
    },
  };
}

/** Whether something has this name; what it is, whoever reads it says. */
async function isThere(path: string): Promise<boolean> {
  return (await nodeFileSystem.size(path)) !== undefined;
}
