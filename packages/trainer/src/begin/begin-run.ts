import type { Dataset } from '@dmnn/data';
import { type Network, createNetwork } from '@dmnn/network';
import type { PruneRound } from './prune-round.js';
import { type Recipe, RunFolderError } from '@dmnn/runs';
import { type RunFolder, type StoredCheckpoint, orRunFolderError } from '@dmnn/runs/internal';
import { finiteWeights } from '../finite-weights.js';
import type { Teacher } from './teacher.js';
import { loadStartingPoint } from './load-starting-point.js';
import { startFiles, startOf, storedTeacher } from './start-files.js';
import type { StartingPoint } from './starting-point.js';

/** What {@link beginRun} works with. */
export interface BeginRunOptions {
  readonly folder: RunFolder;
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  /** Absent if the run is resumed without it: then the run folder has what is needed. */
  readonly startingPoint: StartingPoint | undefined;
  /** Stops it before anything is written. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface BegunRun {
  /** Of each divided block, if weights were divided now. */
  readonly lostShares: readonly number[] | undefined;
  /** The last round of pruning; absent if the network was not pruned. */
  readonly pruned: PruneRound | undefined;
  /** The caller disposes its network. */
  readonly teacher: Teacher | undefined;
}

/**
 * Gives a network the weights that a run begins with, and finds its teacher.
 *
 * Both are written into the run folder's `start`, once; from then on the run needs nothing from outside it. Of a pruned
 * run they are there already.
 *
 * @throws RunFolderError if neither the folder nor a starting point has them
 * @throws the signal's reason, if it aborts
 */
export async function beginRun(network: Network, options: BeginRunOptions): Promise<BegunRun> {
  const { folder, recipe, dataset, startingPoint, signal } = options;
  let stored = await folder.start.latest();
  const start = stored && startOf(stored);
  let lostShares: readonly number[] | undefined;
  // what was pruned for a run that then never began is no other run's start
  if (start && (start.pruning !== undefined) === (recipe.pruning !== undefined)) network.load(start.weights);
  else {
    if (!startingPoint || recipe.pruning) throw missingStart(folder, recipe);
    lostShares = await loadStartingPoint(network, startingPoint, recipe, dataset, signal);
    const weights = finiteWeights(await network.weights(), { term: 'weights', step: 0, epoch: 0 });
    const files = startFiles({ weights }, recipe, startingPoint);
    await orRunFolderError(folder.path, () => folder.start.save(0, files, 1));
    stored = { path: folder.path, step: 0, files };
  }
  const pruned = recipe.pruning && start?.pruning?.at(-1);
  return { lostShares, pruned, teacher: teacherOf(stored as StoredCheckpoint, recipe) };
}

function missingStart({ path }: RunFolder, { pruning }: Recipe): RunFolderError {
  const why = pruning
    ? 'they were removed. Start the run in another folder.'
    : 'it was stopped before they were written. Name the run to start from again.';
  return new RunFolderError(
    'DMNN_RUN_FOLDER',
    path,
    `expected the weights that the run begins with in start/, got none: ${why}`,
  );
}

function teacherOf(stored: StoredCheckpoint, recipe: Recipe): Teacher | undefined {
  const distillation = recipe.fineTuning?.distillation;
  if (!distillation) return undefined;
  const { architecture, weights } = storedTeacher(stored);
  const network = createNetwork(architecture, { seed: 0, weights });
  network.fold(); // it never changes
  return { network, ...distillation };
}
