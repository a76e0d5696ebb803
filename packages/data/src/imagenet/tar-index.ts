import { type FileHandle, open } from 'node:fs/promises';
import { DataError } from '../data-error.js';

/** A file in a tar archive. */
export interface TarEntry {
  readonly path: string;
  /** Offset of its first byte in the archive. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

const BLOCK = 512;
const files = ['File', 'OldFile', 'ContiguousFile'];
const longPaths = ['NextFileHasLongPath', 'OldGnuLongPath'];
const extended = ['ExtendedHeader', 'OldExtendedHeader'];

/**
 * Finds the files of a tar archive without reading them, by going from header to header. Headers are parsed by
 * node-tar.
 *
 * @param archive - opened for reading.
 * @param name - name of the archive, for messages.
 * @throws DataError, with the byte, if a header is damaged or the archive ends inside a file.
 */
export async function tarEntries(archive: FileHandle, name: string): Promise<TarEntry[]> {
  const { Header, Pax } = await import('tar'); // only where there is an archive
  const { size: end } = await archive.stat();
  const damaged = (byteOffset: number, expected: string, got: string): DataError =>
    new DataError({
      file: name,
      byteOffset,
      expected,
      got,
      remedy: 'The archive is damaged: download it again.',
    });
  const block = Buffer.alloc(BLOCK);
  const found: TarEntry[] = [];
  let described: { path?: string; size?: number } = {}; // by headers that describe the next one
  let at = 0;
  while (at + BLOCK <= end) {
    await archive.read(block, 0, BLOCK, at);
    const header = new Header(block, 0, described);
    if (header.nullBlock) return found;
    if (!header.cksumValid) throw damaged(at, "a tar header's checksum", 'another one');
    const { path = '', size: length = 0, type } = header;
    const offset = at + BLOCK;
    if (offset + length > end) throw damaged(offset, `${length} bytes of ${path}`, `${end - offset}`);
    if (extended.includes(type)) {
      const { path: longPath, size } = Pax.parse(
        (await contents(archive, offset, length)).toString(),
        described,
      );
      described = {
        ...(longPath !== undefined && { path: longPath }),
        ...(size !== undefined && { size }),
      };
    } else if (longPaths.includes(type)) {
      const text = (await contents(archive, offset, length)).toString();
      described = { ...described, path: text.replace(/\0.*$/s, '') };
    } else {
      if (files.includes(type)) found.push({ path, offset, length });
      described = {};
    }
    at = offset + Math.ceil(length / BLOCK) * BLOCK;
  }
  if (at === end) return found; // some writers leave out the closing blocks
  throw damaged(at, 'a tar header', `the end of the file after ${Math.max(0, end - at)} bytes of it`);
}

/** Opens an archive, passes it to `use` and closes it. @throws DataError if it cannot be read; errors of `use` */
export async function withArchive<Result>(
  path: string,
  use: (archive: FileHandle) => Promise<Result>,
): Promise<Result> {
  let archive: FileHandle | undefined;
  try {
    archive = await open(path, 'r');
    return await use(archive);
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'Check the file and its permissions, or download it again.';
    throw new DataError({ file: path, expected: 'a readable tar archive', got, remedy }, { cause });
  } finally {
    await archive?.close();
  }
}

/** Bytes of an archive. */
export async function contents(archive: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await archive.read(bytes, 0, length, offset);
  return bytes;
}
