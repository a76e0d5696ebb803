import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { inFile, parseJson } from '@dmnn/foundation';
import { type FileSystem, writeFileDurably } from '@dmnn/foundation/node';
import { type Architecture, validateArchitecture } from '@dmnn/architecture';
import { type Dataset, classNamesOf } from '@dmnn/data';
import { parseRecipe } from '../recipe/parse-recipe.js';
import { differenceText, differencesIn, settingText } from '../recipe/recipe-differences.js';
import type { Recipe } from '../recipe/recipe.js';
import { isNewerFormat } from './checkpoint-folder.js';
import type { ComputeEnvironment } from './compute-environment.js';
import { RunFolderError } from './run-folder-error.js';
import type { SettingsChange } from './settings-change.js';

/** What a run knows of a split of its data. */
export interface DatasetFacts {
  readonly name: string;
  readonly size: number;
  readonly imageSizePx: number;
  readonly classes: number;
  readonly categories: number;
  readonly channelMeans: readonly number[];
  readonly channelDeviations: readonly number[];
  /** Only of data sets that name files. */
  readonly photographs?: {
    readonly layout: string;
    /** SHA-256 of the labels and the names of the files, in order, without folders. */
    readonly digest: string;
  };
  /** What the data set says of itself; absent if it says nothing. */
  readonly facts?: Dataset['facts'];
  /** `[class]`: names of classes that do not follow from the data set's name. */
  readonly classNames?: readonly string[];
  /** `[category]` and `[class]`, if classes were given other categories than the data's own. */
  readonly givenCategories?: { readonly names: readonly string[]; readonly ofClass: readonly number[] };
  /** Pixels to which the shorter side of an image file is resized before its middle is cut out; absent: not known. */
  readonly shorterSidePx?: number;
}

/** What a run began with, if not with random weights. */
export interface StartFacts {
  readonly model: string;
  /** The recipe of the run whose weights they were; absent if they were imported. */
  readonly recipe?: string;
  /** Optimiser steps before that run's checkpoint; absent if they were imported. */
  readonly step?: number;
  /** Of its network's weights as a safetensors file. */
  readonly sha256: string;
}

/** `config.json` of a run folder: all that is needed to repeat the run or to use its network. */
export interface RunConfig {
  readonly format: 1;
  /** The settings that the run began with. `recipeAt` finds those of a later step. */
  readonly recipe: Recipe;
  /** Settings that were changed when the run was resumed, in the order of their steps; absent if none was. */
  readonly changes?: readonly SettingsChange[] | undefined;
  /** Changes that the run has fallen back to before, in any order; absent if there are none. */
  readonly undone?: readonly SettingsChange[] | undefined;
  readonly architecture: Architecture;
  readonly data: { readonly train: DatasetFacts; readonly test: DatasetFacts };
  /** Absent: random weights. */
  readonly start?: StartFacts | undefined;
  /** What the run was started with. */
  readonly environment: ComputeEnvironment;
}

/** What is recorded of a data set. */
export function datasetFacts(dataset: Dataset): DatasetFacts {
  const { name, size, imageSizePx, classes, categories, channelMeans, channelDeviations } = dataset;
  return {
    name,
    size,
    imageSizePx,
    classes,
    categories,
    channelMeans: [...channelMeans],
    channelDeviations: [...channelDeviations],
    ...(dataset.file && { photographs: fileFacts(dataset) }),
    ...(dataset.facts && { facts: dataset.facts }),
    ...(!isNamedAlready(dataset) && { classNames: [...dataset.classNames] }),
    ...(dataset.categoryOfClass && {
      givenCategories: { names: [...dataset.categoryNames], ofClass: [...dataset.categoryOfClass] },
    }),
    ...(dataset.shorterSidePx !== undefined && { shorterSidePx: dataset.shorterSidePx }),
  };
}

/** Whether the classes have the names of a data set of `@dmnn/data`, which need not be written down. */
function isNamedAlready({ name, classNames }: Dataset): boolean {
  return JSON.stringify(classNamesOf(name)) === JSON.stringify(classNames);
}

/**
 * The data of now as far as an older version would have written them, for a run that such a version began: it did not write
 * names of classes and how images are resized.
 */
export function comparableData(then: RunConfig['data'], now: RunConfig['data']): RunConfig['data'] {
  const known = (split: 'train' | 'test'): DatasetFacts => {
    const { classNames, shorterSidePx, ...others } = now[split];
    return {
      ...others,
      ...(classNames && then[split].classNames && { classNames }),
      ...(shorterSidePx !== undefined && then[split].shorterSidePx !== undefined && { shorterSidePx }),
    };
  };
  return { train: known('train'), test: known('test') };
}

function fileFacts(dataset: Dataset): NonNullable<DatasetFacts['photographs']> {
  const hash = createHash('sha256');
  for (let index = 0; index < dataset.size; index++) {
    hash.update(`${dataset.label(index)} ${basename(dataset.file?.(index) ?? '')}\n`);
  }
  return { layout: dataset.layout ?? 'other', digest: hash.digest('hex') };
}

/** Writes `config.json` whole or not at all. */
export async function writeRunConfig(folder: string, config: RunConfig, disk: FileSystem): Promise<void> {
  await writeFileDurably(configPath(folder), `${JSON.stringify(config, null, 2)}\n`, disk);
}

/**
 * Reads `config.json`.
 *
 * @returns undefined if there is none
 * @throws RunFolderError if it is not a run's configuration; RecipeError or ArchitectureError if part of it is wrong
 */
export async function readRunConfig(folder: string, disk: FileSystem): Promise<RunConfig | undefined> {
  if ((await disk.size(configPath(folder))) === undefined) return undefined;
  const bytes = await disk.readFile(configPath(folder));
  let value: Partial<RunConfig> | null;
  try {
    value = parseJson(bytes) as Partial<RunConfig> | null;
  } catch (error) {
    throw new RunFolderError(
      'DMNN_RUN_FOLDER',
      folder,
      `config.json: expected JSON, got other text: ${error instanceof Error ? error.message : String(error)}. Put the file back as it was.`,
      { cause: error },
    );
  }
  const format: unknown = value?.format;
  if (isNewerFormat(format)) {
    throw new RunFolderError(
      'DMNN_RUN_FOLDER',
      folder,
      `config.json: expected a run's configuration of format 1, got format ${format}, written by a newer version of dmnn. Use that version, or another folder. Nothing was changed.`,
    );
  }
  if (value?.format !== 1 || !value.data || !value.environment) {
    throw new RunFolderError(
      'DMNN_RUN_FOLDER',
      folder,
      `config.json: expected a run's configuration of format 1, got format ${settingText(value?.format)}. Choose the folder of a run.`,
    );
  }
  const { data, start, environment } = value;
  const changes = value.changes === undefined ? undefined : settingsChanges(folder, 'changes', value.changes);
  const undone = value.undone === undefined ? undefined : settingsChanges(folder, 'undone', value.undone);
  return inFile(configPath(folder), () => ({
    format: 1,
    recipe: parseRecipe(value.recipe),
    ...(changes && { changes }),
    ...(undone && { undone }),
    architecture: validateArchitecture(value.architecture),
    data,
    ...(start && { start }),
    environment,
  }));
}

/**
 * One line for each place where two plain values differ: `recipe.epochs: 5 then, 6 now`.
 *
 * @param path - prefix of the lines
 */
export function plainDifferences(path: string, then: unknown, now: unknown): string[] {
  return differencesIn(path, then, now).map(differenceText);
}

/** SHA-256 of a run with its settings: `recipe` of the configuration, whose `changes` do not matter here. */
export function runFingerprint(config: RunConfig): string {
  const { recipe, architecture, start } = config;
  // older versions did not write the resize, which the size of the images decides: the same run, the same fingerprint
  const { train, test } = config.data;
  const resize = { shorterSidePx: undefined };
  const data = { train: { ...train, ...resize }, test: { ...test, ...resize } };
  return createHash('sha256')
    .update(JSON.stringify([recipe, architecture, data, ...(start ? [start] : [])]))
    .digest('hex');
}

/**
 * The settings in force at a checkpoint: those of the last step before it.
 *
 * @param step - optimiser steps before the checkpoint
 * @example
 * ```ts
 * import { loadRunConfig, recipeAt } from '@dmnn/runs';
 *
 * const rateAt = async (folder: string, step: number) =>
 *   recipeAt(await loadRunConfig(folder), step).learningRate.from;
 * console.log(rateAt.length); // => 2
 * ```
 */
export function recipeAt(config: RunConfig, step: number): Recipe {
  return (config.changes ?? []).filter(({ fromStep }) => fromStep < step).at(-1)?.recipe ?? config.recipe;
}

/** The settings of the next step after so many. */
export function recipeFrom(config: RunConfig, step: number): Recipe {
  return recipeAt(config, step + 1);
}

/** The settings that a run was last trained with. */
export function latestRecipe(config: RunConfig): Recipe {
  return recipeAt(config, Infinity);
}

/** The fingerprint of a checkpoint of this run after so many steps. */
export function fingerprintAt(config: RunConfig, step: number): string {
  return runFingerprint({ ...config, recipe: recipeAt(config, step) });
}

/**
 * Whether a checkpoint is of this run.
 *
 * Also one with settings that the run fell back from, as `best` may be until a better one is found.
 */
export function isOfRun(config: RunConfig, step: number, fingerprint: string): boolean {
  if (fingerprint === fingerprintAt(config, step)) return true;
  return (config.undone ?? []).some(
    ({ fromStep, recipe }) => fromStep < step && runFingerprint({ ...config, recipe }) === fingerprint,
  );
}

/** A list of changed settings, in the order of their steps if they are in force. */
function settingsChanges(folder: string, key: 'changes' | 'undone', value: unknown): SettingsChange[] {
  const list = Array.isArray(value) ? (value as (Partial<SettingsChange> | null)[]) : [];
  const changes = list.map((change) => ({ fromStep: change?.fromStep ?? -1, recipe: change?.recipe }));
  const areSteps = changes.every(
    ({ fromStep }, i) =>
      Number.isSafeInteger(fromStep) &&
      fromStep >= 0 &&
      (key === 'undone' || fromStep > (changes[i - 1]?.fromStep ?? -1)),
  );
  if (list.length > 0 && areSteps)
    return inFile(configPath(folder), () =>
      changes.map(({ fromStep, recipe }) => ({ fromStep, recipe: parseRecipe(recipe) })),
    );
  throw new RunFolderError(
    'DMNN_RUN_FOLDER',
    folder,
    `config.json: ${key}: expected settings by the step from which they hold, in rising order, got ${settingText(value).slice(0, 60)}. Put the file back as it was.`,
  );
}

function configPath(folder: string): string {
  return join(folder, 'config.json');
}
