import { DmnnError, printable } from '@dmnn/foundation';
/** What can be wrong with a run folder. */
export type RunFolderErrorCode = 'DMNN_RUN_FOLDER' | 'DMNN_RUN_LOCKED' | 'DMNN_RUN_EXISTS' | 'DMNN_DISK_FULL';

/**
 * A run folder cannot be used: not writable, in use by another trainer, already holding a run, or its disk is full.
 *
 * Nothing in the folder is lost: a failed write leaves the checkpoint before it as it was.
 */
export class RunFolderError extends DmnnError<RunFolderErrorCode> {
  override readonly name = 'RunFolderError';
  /** The folder. */
  readonly folder: string;

  constructor(
    code: RunFolderErrorCode,
    folder: string,
    message: string | readonly [string, ...string[]],
    options?: { readonly cause?: unknown },
  ) {
    const [first, ...others] = typeof message === 'string' ? [message] : message;
    super(code, [`${printable(folder, 4096)}: ${first}`, ...others], options);
    this.folder = folder;
  }
}
