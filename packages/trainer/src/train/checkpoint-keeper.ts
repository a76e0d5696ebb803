import type { BestSoFar } from '@dmnn/runs';
import { type RunFolder, type MetricsLog, type RunState, orRunFolderError } from '@dmnn/runs/internal';
import type { Sgd } from '../optimiser/sgd.js';
import { checkpointFiles, networkFiles } from './checkpoint-files.js';
import type { Learner } from './learner.js';

/** What a {@link CheckpointKeeper} writes, and where; it owns none of it. */
export interface CheckpointParts {
  readonly folder: RunFolder;
  readonly log: MetricsLog;
  readonly learner: Learner;
  readonly optimiser: Sgd;
  /** How many of the latest checkpoints stay. */
  readonly keep: number;
}

/** Writes a run's checkpoints, and the copy of its best network. */
export class CheckpointKeeper {
  readonly #parts: CheckpointParts;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
  }

  /**
   * Saves all that the run needs to go on.
   *
   * @returns where it is, and the state as it was saved: with the length that the log then had
   */
  async save(state: RunState): Promise<{ path: string; state: RunState }> {
    const { folder, log, learner, optimiser, keep } = this.#parts;
    return orRunFolderError(folder.path, async () => {
      await log.sync();
      const saved = { ...state, logBytes: log.bytes };
      const files = await checkpointFiles(learner, optimiser, saved);
      return { path: await folder.checkpoints.save(state.step, files, keep), state: saved };
    });
  }

  /** Copies the network to `best` if it is the best and not there intact: also after a kill between checkpoint and copy. */
  async repairBest(state: RunState): Promise<void> {
    const { folder, learner } = this.#parts;
    const { best, step, stepInEpoch } = state;
    if (best?.step !== step || stepInEpoch > 0) return;
    await orRunFolderError(folder.path, async () => {
      if (await folder.best.hasIntact(step)) return;
      await folder.best.save(step, await networkFiles(learner, state), 1);
    });
  }
}

/** The best evaluation so far, this one included; the earlier one if they are equal. */
export function betterOf(before: BestSoFar | null, evaluated: BestSoFar | undefined): BestSoFar | null {
  if (!evaluated) return before;
  return evaluated.topOneErrorPercent < (before?.topOneErrorPercent ?? Infinity) ? evaluated : before;
}
