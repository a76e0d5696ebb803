import { join } from 'node:path';
import { printable } from '@dmnn/foundation';
import {
  FileError,
  type FileSystem,
  type Lock,
  acquireLock,
  partialOf,
  systemCode,
  systemReason,
} from '@dmnn/foundation/node';
import { type CheckpointStore, runStores } from './checkpoint-store.js';
import { RunFolderError } from './run-folder-error.js';

/** An open run folder, held by this process. */
export interface RunFolder {
  readonly path: string;
  readonly checkpoints: CheckpointStore;
  readonly best: CheckpointStore;
  /** What the run began with, if not with random weights: one checkpoint, of step 0. */
  readonly start: CheckpointStore;
  /** Lets other trainers in. */
  close(): Promise<void>;
}

/**
 * Opens a run folder to train in: makes it, takes its lock and writes something into it, so that what is wrong with
 * it shows before the first step.
 *
 * @throws RunFolderError if the folder cannot be written to, or another trainer uses it
 */
export async function openRunFolder(path: string, disk: FileSystem): Promise<RunFolder> {
  const lock = await orRunFolderError(path, async () => {
    await disk.makeFolder(path);
    return lockRunFolder(path);
  });
  const stores = runStores(path, disk);
  try {
    await orRunFolderError(path, async () => {
      const probe = partialOf(join(path, 'probe'));
      await disk.writeFile(probe, new TextEncoder().encode('can this folder be written to?'));
      await disk.remove(probe);
      await removeUnfinished(path, disk);
      for (const name of ['checkpoints', 'best', 'start']) {
        const stored = join(path, name);
        // something else of this name would be met only when the first checkpoint is saved
        if ((await disk.size(stored)) !== undefined) await disk.makeFolder(stored);
      }
      // a run that has ended saves nothing more, after which it would be done
      for (const store of Object.values(stores)) await store.removeLeftovers();
    });
  } catch (error) {
    await lock.release().catch(() => undefined); // the first error is the one to report
    throw error;
  }
  return {
    path,
    ...stores,
    close: () => lock.release(),
  };
}

/** Files of a run that are written whole, by `writeFileDurably`; a trainer that is killed leaves what it was writing. */
const UNFINISHED =
  /^\.(?:probe|config\.json|bad-images\.jsonl|metrics\.jsonl(?:\.damaged-\d+)?|events\.out\.tfevents\.dmnn)\.[0-9a-f]{16}\.partial$/;

/** Removes what trainers before this one were writing when they were killed; others may be writing other files here. */
async function removeUnfinished(folder: string, disk: FileSystem): Promise<void> {
  for (const name of await disk.list(folder))
    if (UNFINISHED.test(name)) await disk.remove(join(folder, name));
}

function lockRunFolder(folder: string): Promise<Lock> {
  return acquireLock(join(folder, 'lock'), {
    inUse: ({ pid, host, path }) =>
      new RunFolderError(
        'DMNN_RUN_LOCKED',
        folder,
        `expected a folder that no other trainer uses, got one used by process ${pid} on ${printable(host)}. Wait for it, choose another folder, or delete ${printable(path, 4096)} if that process is gone.`,
      ),
  });
}

/** Runs what touches the disk; failed system calls become errors that say what is left and what to do. */
export async function orRunFolderError<T>(folder: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const code = systemCode(error);
    if (error instanceof RunFolderError || code === undefined) throw error;
    const at = error instanceof FileError && error.path !== folder ? ` at ${printable(error.path)}` : '';
    const message = `${systemReason(error)}${at}`;
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
      throw new RunFolderError(
        'DMNN_DISK_FULL',
        folder,
        `expected room to write, got ${message}. The checkpoints written before are intact: free some space and resume.`,
        { cause: error },
      );
    }
    throw new RunFolderError(
      'DMNN_RUN_FOLDER',
      folder,
      `expected a folder that can be written to, got ${message}. Choose another one.`,
      { cause: error },
    );
  }
}
