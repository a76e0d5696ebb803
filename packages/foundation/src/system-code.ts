/**
 * The `code` of a failed system call.
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
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
