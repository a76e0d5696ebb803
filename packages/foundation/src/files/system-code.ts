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
