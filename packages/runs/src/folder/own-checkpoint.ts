import { type RunState, stateOf } from './checkpoint-contents.js';
import { CheckpointError } from './checkpoint-error.js';
import type { StoredCheckpoint } from './checkpoint-store.js';
import type { RunConfig } from './run-config.js';
import { isOfRun } from './settings-by-step.js';

/**
 * Refuses a checkpoint that another run wrote.
 *
 * @returns where the run stood
 * @throws CheckpointError if its fingerprint is not that of the run's settings at its step
 */
export function assertOfRun(checkpoint: StoredCheckpoint, config: RunConfig): RunState {
  const state = stateOf(checkpoint);
  const { path, step } = checkpoint;
  const problems = [
    ...(state.step === step ? [] : [`it was written after step ${state.step}, not ${step}`]),
    ...(isOfRun(config, state.step, state.fingerprint)
      ? []
      : ['it was written by a run of another recipe, model or data']),
  ];
  if (problems.length > 0)
    throw new CheckpointError(path, problems, 'Move it out of the folder, or use the folder of its own run.');
  return state;
}
