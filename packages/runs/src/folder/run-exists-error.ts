import { RunFolderError } from './run-folder-error.js';

/** A folder that holds a run already, where a new one is to begin. @param recipe - the name of that run's recipe */
export function runExistsError(folder: string, recipe: string): RunFolderError {
  return new RunFolderError(
    'DMNN_RUN_EXISTS',
    folder,
    `expected a folder without a run, got one with a run of ${recipe}. Resume it, or choose another folder.`,
  );
}
