import { closeIfFails } from '@dmnn/foundation';
import type { FileSystem } from '@dmnn/foundation/node';
import { parseRecipe } from '../recipe/parse-recipe.js';
import { differenceText, recipeDifferences } from '../recipe/recipe-differences.js';
import type { Recipe } from '../recipe/recipe.js';
import { type RunState, assertOfRun, startOfRun, stateOf } from './checkpoint-contents.js';
import { changedFrom } from './changed-from.js';
import { CheckpointError } from './checkpoint-error.js';
import type { StoredCheckpoint } from './checkpoint-store.js';
import { assertHoldsNoBest, assertHoldsNoRun } from './held-by-folder.js';
import {
  type RunConfig,
  comparableData,
  latestRecipe,
  plainDifferences,
  readRunConfig,
  recipeFrom,
  writeRunConfig,
} from './run-config.js';
import { type RunFolder, openRunFolder, orRunFolderError } from './run-folder.js';
import { runExistsError } from './run-exists-error.js';
import { RunFolderError } from './run-folder-error.js';

/** Settings that are to hold from a step on, instead of those that did. */
export interface SettingsAtStep {
  readonly then: Recipe;
  readonly now: Recipe;
  /** Where the run stands. */
  readonly state: Pick<RunState, 'step' | 'epoch' | 'stepInEpoch'>;
}

/** A run folder ready to train in. */
export interface OpenRun {
  readonly folder: RunFolder;
  /** With the settings by the step from which they hold. */
  readonly config: RunConfig;
  /** The checkpoint to resume from; absent for a new run. */
  readonly checkpoint: StoredCheckpoint | undefined;
}

/** Options of {@link openRun}. */
export interface OpenRunOptions {
  /** Whether to resume an existing run; if false, the folder must not hold one. */
  readonly resume: boolean;
  readonly disk: FileSystem;
  /** Called with each problem that does not stop the run. */
  readonly warn: (message: string) => void;
  /** Checks changed settings before anything is written; throws to refuse them. Absent: every change is refused. */
  readonly assertChange?: ((change: SettingsAtStep) => void) | undefined;
  /** Looks into an intact checkpoint; a CheckpointError that it throws has the one before it tried. */
  readonly assertSound?: ((checkpoint: StoredCheckpoint) => void) | undefined;
}

/**
 * Makes the configuration of a run in its folder, with the settings of now even if there is a run already.
 *
 * @param found - the configuration of the existing run; undefined if there is none
 */
export type RunConfigIn = (folder: RunFolder, found: RunConfig | undefined) => Promise<RunConfig>;

/**
 * Opens a run folder to start a run, or to resume one from its latest intact checkpoint.
 *
 * A run is resumed with the settings of now if those that differ from its own only steer: `config.json` then has them by
 * the step from which they hold.
 *
 * @throws RunFolderError if the folder cannot be used, holds a run and `resume` is false, holds another run, or
 *   checkpoints or a log without `config.json`
 * @throws CheckpointError if there are checkpoints and none is intact, or the latest is another run's
 */
export async function openRun(
  path: string,
  configIn: RunConfigIn,
  options: OpenRunOptions,
): Promise<OpenRun> {
  const { resume, disk, warn } = options;
  const folder = await openRunFolder(path, disk);
  return closeIfFails(
    async () => {
      const found = await readRunConfig(path, disk);
      if (!found) {
        await orRunFolderError(path, () => assertHoldsNoRun(path, disk));
        if (resume) warn(`${path}: there is no run to resume; a new one starts`);
        const config = await configIn(folder, undefined);
        await orRunFolderError(path, () => writeRunConfig(path, config, disk));
        return { folder, config, checkpoint: undefined };
      }
      if (!resume) {
        throw runExistsError(path, found.recipe.name);
      }
      const wanted = await configIn(folder, found);
      assertSameRun(path, found, wanted, options);
      const damaged: CheckpointError[] = [];
      const checkpoint = await folder.checkpoints.latest((error) => damaged.push(error), options.assertSound);
      if (checkpoint) assertOfRun(checkpoint, found);
      else await orRunFolderError(path, () => assertHoldsNoBest(path, disk));
      const best = await intactBest(folder);
      if (best) assertOfRun(best, found);
      const config = await resumedConfig(folder, found, parseRecipe(wanted.recipe), checkpoint, options);
      for (const error of damaged) {
        warn(
          `${error.path} is damaged (${error.problems.join('; ')}); going on from ${checkpoint?.path ?? 'the start'}`,
        );
      }
      if (!checkpoint) warn(`${path}: the run has no checkpoint yet; it starts again`);
      return { folder, config, checkpoint };
    },
    () => folder.close(),
  );
}

/** The best network; undefined if there is none, or it is damaged: another will replace it. */
async function intactBest({ best }: RunFolder): Promise<StoredCheckpoint | undefined> {
  try {
    return await best.latest();
  } catch (error) {
    if (error instanceof CheckpointError && !error.isNewer) return undefined;
    throw error;
  }
}

/** Writes the settings of now into `config.json`, if they are others. */
async function resumedConfig(
  { path, checkpoints, best }: RunFolder,
  found: RunConfig,
  now: Recipe,
  checkpoint: StoredCheckpoint | undefined,
  { disk, warn, assertChange }: OpenRunOptions,
): Promise<RunConfig> {
  const state = checkpoint ? stateOf(checkpoint) : startOfRun;
  const latestSaved = Math.max(state.step, ...(await checkpoints.steps()), ...(await best.steps()));
  const config = changedFrom(found, state.step, now, latestSaved);
  if (config === found) return config;
  const then = recipeFrom(found, state.step);
  const differences = recipeDifferences(then, now).steering.map(differenceText);
  if (differences.length > 0) assertChange?.({ then, now, state });
  await orRunFolderError(path, () => writeRunConfig(path, config, disk));
  if (differences.length > 0) warn(`settings changed after step ${state.step}: ${differences.join('; ')}`);
  return config;
}

function assertSameRun(
  path: string,
  then: RunConfig,
  now: RunConfig,
  { assertChange }: OpenRunOptions,
): void {
  const latest = latestRecipe(then);
  const { steering, others } = recipeDifferences(latest, now.recipe);
  const comparable = { ...now, data: comparableData(then.data, now.data) };
  const differences = (['architecture', 'data', 'start'] as const).flatMap((key) =>
    plainDifferences(key, then[key], comparable[key]),
  );
  const isChangeable = assertChange !== undefined;
  const wasChanged = !isChangeable && then.changes !== undefined;
  if (
    others.length === 0 &&
    differences.length === 0 &&
    !wasChanged &&
    (isChangeable || steering.length === 0)
  )
    return;
  const lines = [
    ...(wasChanged ? [`recipe: settings changed after step ${then.changes[0]?.fromStep ?? 0}`] : []),
    ...plainDifferences('recipe', latest, now.recipe),
    ...differences,
  ];
  const may =
    isChangeable && steering.length > 0
      ? ` Of these, a run may be resumed with another ${steering.map((one) => one.path).join(', ')}.`
      : '';
  throw new RunFolderError('DMNN_RUN_EXISTS', path, [
    'expected the run to resume, got a different one:',
    ...lines.map((line) => `  ${line}`),
    `Resume with the same recipe, data and start, or choose another folder.${may}`,
  ]);
}
