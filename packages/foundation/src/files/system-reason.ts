import { systemCode } from './system-code.js';

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
