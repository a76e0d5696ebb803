import type { FileHandle } from 'node:fs/promises';

/**
 * Reads from an offset until the bytes are filled or the file ends: the system may return less than asked for.
 *
 * @param bytes - written to
 * @returns how many were read
 */
export async function readFully(file: FileHandle, bytes: Uint8Array, offset: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
