import type { FileSystem } from '@dmnn/foundation/node';
import type { CheckpointError } from './checkpoint-error.js';
import type { StoredCheckpoint } from './checkpoint-store.js';
import { assertHoldsNoBest, assertHoldsNoRun } from './held-by-folder.js';
import { type RunConfig, plainDifferences, readRunConfig, writeRunConfig } from './run-config.js';
import { type RunFolder, openRunFolder, orRunFolderError } from './run-folder.js';
import { runExistsError } from './run-exists-error.js';
import { RunFolderError } from './run-folder-error.js';

/** A run folder ready to train in. */
export interface OpenRun {
  readonly folder: RunFolder;
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
 * @throws RunFolderError if the folder cannot be used, holds a run and `resume` is false, holds another run, or
 *   checkpoints or a log without `config.json`
 * @throws CheckpointError if there are checkpoints and none is intact
 */
export async function openRun(
  path: string,
  configIn: RunConfigIn,
  options: OpenRunOptions,
): Promise<OpenRun> {
  const { resume, disk, warn } = options;
  const folder = await openRunFolder(path, disk);
  try {
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
    const config = await configIn(folder, found);
    assertSameRun(path, found, config);
    const damaged: CheckpointError[] = [];
    const checkpoint = await folder.checkpoints.latest((error) => damaged.push(error));
    for (const error of damaged) {
      warn(
        `${error.path} is damaged (${error.problems.join('; ')}); going on from ${checkpoint?.path ?? 'the start'}`,
      );
    }
    if (!checkpoint) await orRunFolderError(path, () => assertHoldsNoBest(path, disk));
    if (!checkpoint) warn(`${path}: the run has no checkpoint yet; it starts again`);
    return { folder, config, checkpoint };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

function assertSameRun(path: string, then: RunConfig, now: RunConfig): void {
  const differences = (['recipe', 'architecture', 'data', 'start'] as const).flatMap((key) =>
    plainDifferences(key, then[key], now[key]),
  );
  if (differences.length === 0) return;
  throw new RunFolderError(
    'DMNN_RUN_EXISTS',
    path,
    `expected the run to resume, got a different one:\n  ${differences.join('\n  ')}\nResume with the same recipe, data and start, or choose another folder.`,
  );
}
