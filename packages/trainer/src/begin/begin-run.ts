import { type Architecture, parseArchitecture } from '@dmnn/architecture';
import type { Dataset } from '@dmnn/data';
import { type Network, type Weights, createNetwork, readSafetensors, writeSafetensors } from '@dmnn/network';
import type { Recipe } from '../recipe/recipe.js';
import type { CheckpointFiles } from '../run/checkpoint.js';
import { CheckpointError } from '../run/checkpoint-error.js';
import type { StoredCheckpoint } from '../run/checkpoint-store.js';
import { type RunFolder, orRunFolderError } from '../run/run-folder.js';
import { RunFolderError } from '../run/run-folder-error.js';
import type { Teacher } from '../train/learner.js';
import { loadStartingPoint } from './load-starting-point.js';
import type { StartingPoint } from './starting-point.js';

const weightsFile = 'weights.safetensors';
const teacherFile = 'teacher.safetensors';
const teacherArchitectureFile = 'teacher.json';

/** What {@link beginRun} works with. */
export interface BeginRunOptions {
  readonly folder: RunFolder;
  readonly recipe: Recipe;
  readonly dataset: Dataset;
  /** Absent if the run is resumed without it: then the run folder has what is needed. */
  readonly startingPoint: StartingPoint | undefined;
}

/** What came of it. */
export interface BegunRun {
  /** Of each divided block, if weights were divided now. */
  readonly lostShares: readonly number[] | undefined;
  /** The caller disposes its network. */
  readonly teacher: Teacher | undefined;
}

/**
 * Gives a network the weights that a run begins with, and finds its teacher.
 *
 * Both are written into the run folder's `start`, once; from then on the run needs nothing from outside it.
 *
 * @throws RunFolderError if neither the folder nor a starting point has them
 */
export async function beginRun(network: Network, options: BeginRunOptions): Promise<BegunRun> {
  const { folder, recipe, dataset, startingPoint } = options;
  let stored = await folder.start.latest();
  let lostShares: readonly number[] | undefined;
  if (stored) network.load(readSafetensors(file(stored, weightsFile)));
  else {
    if (!startingPoint) {
      throw new RunFolderError(
        'DMNN_RUN_FOLDER',
        folder.path,
        'expected the weights that the run begins with in start/, got none: it was stopped before they were written. Name the run to start from again.',
      );
    }
    lostShares = await loadStartingPoint(network, startingPoint, recipe, dataset);
    const files = startFiles(await network.weights(), recipe, startingPoint);
    await orRunFolderError(folder.path, () => folder.start.save(0, files, 1));
    stored = { path: folder.path, step: 0, files };
  }
  return { lostShares, teacher: teacherOf(stored, recipe) };
}

function startFiles(weights: Weights, recipe: Recipe, startingPoint: StartingPoint): CheckpointFiles {
  const files = new Map([[weightsFile, writeSafetensors(weights)]]);
  if (recipe.fineTuning?.distillation) {
    files.set(teacherFile, writeSafetensors(startingPoint.weights));
    files.set(
      teacherArchitectureFile,
      new TextEncoder().encode(`${JSON.stringify(startingPoint.architecture)}\n`),
    );
  }
  return files;
}

function teacherOf(stored: StoredCheckpoint, recipe: Recipe): Teacher | undefined {
  const distillation = recipe.fineTuning?.distillation;
  if (!distillation) return undefined;
  const architecture: Architecture = parseArchitecture(
    new TextDecoder().decode(file(stored, teacherArchitectureFile)),
  );
  const network = createNetwork(architecture, {
    seed: 0,
    weights: readSafetensors(file(stored, teacherFile)),
  });
  network.fold(); // it never changes
  return { network, ...distillation };
}

function file(checkpoint: StoredCheckpoint, name: string): Uint8Array {
  const bytes = checkpoint.files.get(name);
  if (!bytes) throw new CheckpointError(checkpoint.path, [`${name}: not in the manifest`]);
  return bytes;
}
