import { parseJson } from '@dmnn/foundation';
import { parseArchitecture } from '@dmnn/architecture';
import { type NetworkData, type Weights, writeSafetensors } from '@dmnn/weights';
import type { PruneRound } from './prune-round.js';
import { type Recipe, CheckpointError } from '@dmnn/runs';
import { type CheckpointFiles, type StoredCheckpoint, tensorsOf } from '@dmnn/runs/internal';

const weightsFile = 'weights.safetensors';
const pruningFile = 'pruning.json';
const teacherFile = 'teacher.safetensors';
const teacherArchitectureFile = 'teacher.json';

/** What a run begins with. */
export interface RunStart {
  readonly weights: Weights;
  /** How the network was pruned; absent if it was not. */
  readonly pruning?: readonly PruneRound[] | undefined;
}

/** Files of a run folder's `start`: weights, rounds of pruning, and the teacher if the recipe wants one. */
export function startFiles(
  { weights, pruning }: RunStart,
  recipe: Pick<Recipe, 'fineTuning'>,
  teacher: NetworkData,
): CheckpointFiles {
  const files = new Map([[weightsFile, writeSafetensors(weights)]]);
  if (pruning) files.set(pruningFile, json(pruning));
  if (recipe.fineTuning?.distillation) {
    files.set(teacherFile, writeSafetensors(teacher.weights));
    files.set(teacherArchitectureFile, json(teacher.architecture));
  }
  return files;
}

/** What is in them, apart from the teacher. */
export function startOf(stored: StoredCheckpoint): RunStart {
  return {
    weights: tensorsOf(stored, weightsFile),
    ...(stored.files.has(pruningFile) && {
      pruning: parseJson(file(stored, pruningFile)) as readonly PruneRound[],
    }),
  };
}

/** The teacher in them. */
export function storedTeacher(stored: StoredCheckpoint): NetworkData {
  return {
    architecture: parseArchitecture(file(stored, teacherArchitectureFile)),
    weights: tensorsOf(stored, teacherFile),
  };
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

function file(stored: StoredCheckpoint, name: string): Uint8Array {
  const bytes = stored.files.get(name);
  if (!bytes) throw new CheckpointError(stored.path, [`${name}: not in the manifest`]);
  return bytes;
}
