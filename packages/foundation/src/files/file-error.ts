import { DmnnError } from '../dmnn-error.js';
import { printable } from '../printable.js';

/** What can go wrong with a file: no room for it, or anything else. */
export type FileErrorCode = 'DMNN_FILE' | 'DMNN_DISK_FULL';

/**
 * A file or folder cannot be read, written or made: the reason of the system, with the path and a remedy.
 *
 * `systemCode` has the system's code, such as `EACCES`, and the `cause` is the error of the system.
 */
export class FileError extends DmnnError<FileErrorCode> {
  override readonly name = 'FileError';
  /** As the caller named it. */
  readonly path: string;
  /** Code of the failed system call; undefined if what was found is refused. */
  readonly systemCode: string | undefined;
  /** What is at the path instead of a file: `a folder`, `a pipe`, `a socket`, `a device`. */
  readonly found: string | undefined;

  constructor(code: FileErrorCode, message: string, options: FileErrorOptions) {
    super(code, message, 'cause' in options ? { cause: options.cause } : {});
    this.path = options.path;
    this.systemCode = systemCode(options.cause);
    this.found = options.found;
  }
}

/** Fields of a {@link FileError}. */
export interface FileErrorOptions {
  readonly path: string;
  readonly cause?: unknown;
  /** What is at the path instead of a file. */
  readonly found?: string | undefined;
}

/** What was to be done with a file or folder, for the message of a {@link FileError}. */
export interface FileUse {
  /** As the caller named it. */
  readonly path: string;
  readonly to: 'read' | 'write';
  /** What the path stands for, such as `--out`: the message begins with it. */
  readonly name?: string | undefined;
  /** @defaultValue by `to`: `a file that can be read`, `a place that can be written to` */
  readonly expected?: string | undefined;
  /** What to do about it. @defaultValue by the system's reason */
  readonly remedy?: string | undefined;
}

/**
 * A failed system call as an error that says what to do.
 *
 * @param error - what was thrown
 * @returns a {@link FileError}; the error itself, if it is no failed system call or a {@link FileError} already
 * @example
 * ```ts
 * import { fileError } from '@dmnn/foundation/node';
 * import { readFile } from 'node:fs/promises';
 *
 * try {
 *   await readFile('no/such.json');
 * } catch (error) {
 *   console.log(String(fileError(error, { path: 'no/such.json', to: 'read' })));
 *   // => FileError: no/such.json: expected a file that can be read, got no such file or folder (ENOENT). Check the path.
 * }
 * ```
 */
export function fileError(error: unknown, use: FileUse): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof FileError) return error;
  const { path, to, name } = use;
  const {
    expected = to === 'read' ? 'a file that can be read' : 'a place that can be written to',
    remedy = remedyOf(code, to),
  } = use;
  const subject = printable(name === undefined ? path : `${name} ${path}`, LONGEST_PATH);
  return new FileError(
    FULL.includes(code) ? 'DMNN_DISK_FULL' : 'DMNN_FILE',
    `${subject}: expected ${expected}, got ${systemReason(error)}. ${remedy}`,
    { path, cause: error },
  );
}

/**
 * Runs what uses a file: a failed system call becomes a {@link FileError}.
 *
 * @throws FileError; other errors of `body`
 */
export async function orFileError<T>(use: FileUse, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw fileError(error, use);
  }
}

/** Linux's longest path. */
const LONGEST_PATH = 4096;

/** Codes of a disk, or of what a process may use of it, that is full. */
const FULL: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

function remedyOf(code: string, to: FileUse['to']): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'Free some space, or choose a path on another disk.';
    case 'EFBIG':
      return 'Raise the limit (ulimit -f), or choose a path on another disk.';
    case 'EMFILE':
      return 'Raise the limit of open files (ulimit -n).';
    case 'ERR_FS_FILE_TOO_LARGE':
      return 'Split it into files of less than 2 GiB, such as shards.';
    case 'EIO':
      return 'Check the disk; its log of errors says more.';
    case 'EACCES':
    case 'EPERM':
      return to === 'read'
        ? 'Check its permissions and those of its folder.'
        : 'Allow it, or choose another path.';
    case 'ENOENT':
      return to === 'read' ? 'Check the path.' : 'Make its folder first, or choose another path.';
    default:
      return to === 'read' ? 'Check the path.' : 'Choose another path.';
  }
}

/**
 * The `code` of a failed system call, also of one that a {@link FileError} reports.
 *
 * @returns a code such as `ENOSPC`; `undefined` for other values
 * @example
 * ```ts
 * import { systemCode } from '@dmnn/foundation/node';
 * import { readFile } from 'node:fs/promises';
 *
 * const error: unknown = await readFile('/no/such/file').catch((reason: unknown) => reason);
 * console.log(systemCode(error)); // => ENOENT
 * ```
 */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('systemCode' in error && typeof error.systemCode === 'string') return error.systemCode;
  if (!('code' in error && typeof error.code === 'string')) return undefined;
  return error.code.startsWith('DMNN_') ? undefined : error.code;
}

/** What a failed system call means, after "got". */
const reasons: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EBUSY: 'one that another program uses',
  EDQUOT: 'a used-up disk quota',
  EEXIST: 'one that exists already',
  EFBIG: 'a file larger than the system allows',
  EIO: 'a failure of the disk',
  EISDIR: 'a folder',
  ELOOP: 'links that lead in a circle',
  EMFILE: 'too many open files in this process',
  ENAMETOOLONG: 'a name that is too long',
  ENFILE: 'too many open files on this machine',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'a path that leads through a file',
  ENOTEMPTY: 'a folder that is not empty',
  ENXIO: 'a pipe, socket or device without another end',
  EPERM: 'what the system does not permit',
  EPIPE: 'a pipe whose reader is gone',
  EROFS: 'a file system that is read-only',
  ESTALE: 'a file that is gone from a network disk',
  ETXTBSY: 'a program that is running',
  ERR_FS_FILE_TOO_LARGE: 'a file larger than 2 GiB',
};

/**
 * Why a system call failed, in words that fit after "got", with its code.
 *
 * @param error - what was thrown; of other errors, the message is returned
 * @example
 * ```ts
 * import { systemReason } from '@dmnn/foundation/node';
 * import { readFile } from 'node:fs/promises';
 *
 * const error: unknown = await readFile('/no/such/file').catch((reason: unknown) => reason);
 * console.log(systemReason(error)); // => no such file or folder (ENOENT)
 * ```
 */
export function systemReason(error: unknown): string {
  const code = systemCode(error);
  const reason = code === undefined ? undefined : reasons[code];
  if (reason !== undefined) return `${reason} (${String(code)})`;
  return error instanceof Error ? error.message : String(error);
}
