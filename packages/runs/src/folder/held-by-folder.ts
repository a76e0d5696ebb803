import { join } from 'node:path';
import type { FileSystem } from '@dmnn/foundation/node';
import { runStores } from './checkpoint-store.js';
import { RunFolderError } from './run-folder-error.js';

/**
 * Refuses to begin a run in a folder that holds what is left of one: a run that begins empties the log and, in time, removes
 * the checkpoints that it finds. What a run begins with (`start`) does not count: it is written before `config.json`.
 *
 * @throws RunFolderError naming what the folder holds
 */
export async function assertHoldsNoRun(folder: string, disk: FileSystem): Promise<void> {
  const { checkpoints, best } = runStores(folder, disk);
  const logBytes = (await disk.size(join(folder, 'metrics.jsonl'))) ?? 0;
  const held = [
    ...heldSteps('checkpoints', await checkpoints.steps()),
    ...heldSteps('best', await best.steps()),
    ...(logBytes > 0 ? [`metrics.jsonl (${logBytes} bytes)`] : []),
  ];
  if (held.length === 0) return;
  throw new RunFolderError(
    'DMNN_RUN_EXISTS',
    folder,
    `expected an empty folder, or a whole run, got ${held.join(', ')} without config.json. ` +
      'Put config.json back and resume, or choose another folder.',
  );
}

/**
 * Refuses to begin a run again whose checkpoints are gone and whose best one is there: it would replace that one. Checkpoints
 * are written first, so that no run that was killed is left like this.
 *
 * @throws RunFolderError naming the best checkpoint
 */
export async function assertHoldsNoBest(folder: string, disk: FileSystem): Promise<void> {
  const held = heldSteps('best', await runStores(folder, disk).best.steps());
  if (held.length === 0) return;
  throw new RunFolderError(
    'DMNN_RUN_EXISTS',
    folder,
    `expected a checkpoint to resume from, got none, with ${held.join(', ')}, which a run that begins again would replace. ` +
      'Put the folder checkpoints back, or choose another folder.',
  );
}

function heldSteps(name: string, steps: readonly number[]): string[] {
  return steps.length > 0 ? [`${name} (of step ${steps.join(', ')})`] : [];
}
