/** What can be wrong with a run folder. */
export type RunFolderErrorCode = 'DMNN_RUN_FOLDER' | 'DMNN_RUN_LOCKED' | 'DMNN_RUN_EXISTS' | 'DMNN_DISK_FULL';

/**
 * A run folder cannot be used: not writable, in use by another trainer, already holding a run, or its disk is full.
 *
 * Nothing in the folder is lost: a failed write leaves the checkpoint before it as it was.
 */
export class RunFolderError extends Error {
  /**
   * `DMNN_RUN_FOLDER`: cannot be read or written. `DMNN_RUN_LOCKED`: another trainer uses it. `DMNN_RUN_EXISTS`: it
   * holds a run, and resuming was not asked for. `DMNN_DISK_FULL`: no space left.
   */
  readonly code: RunFolderErrorCode;
  /** The folder. */
  readonly folder: string;

  constructor(code: RunFolderErrorCode, folder: string, message: string, options?: ErrorOptions) {
    super(`${folder}: ${message}`, options);
    this.name = 'RunFolderError';
    this.code = code;
    this.folder = folder;
  }
}
