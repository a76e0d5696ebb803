import type { FileHandle } from 'node:fs/promises';
import { posix } from 'node:path';
import { printable } from '@dmnn/foundation';
import { DataError } from '../data-error.js';
import { readFully } from '../places/file-contents.js';
import { otherFormat } from '../found/other-format.js';
import { parsePaxRecords } from './pax-records.js';
import { beginsWithSparseMap, hasMapInContent, isGnuSparseMap, isPaxSparse } from './sparse-map.js';
import { BLOCK, type TarHeader, isZero, nameOf, parseTarHeader, untilZero } from './tar-header.js';

/** A member of a tar archive. */
export interface TarMember {
  /** Its path, without `.`, `..` and a slash at its start. */
  readonly path: string;
  readonly kind: 'file' | 'hard link' | 'symbolic link' | 'sparse file' | 'folder' | 'other';
  /** Offset of its first byte in the archive. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** Of a link: the path of the member that it leads to. */
  readonly target?: string | undefined;
  /** Of a symbolic link with an absolute path: that path, which is of the machine, not of the archive. */
  readonly outside?: string | undefined;
}

/** The members of an archive. */
export interface TarMembers {
  readonly members: readonly TarMember[];
  /** Whether the archive has the block of zeros at its end. Without, it may be truncated between two members. */
  readonly ended: boolean;
}

/** The largest extended header that is read. Writers put names and attributes there. */
const LARGEST_EXTENSION = 1 << 24;

/** What extended headers say of the member after them. */
interface Described {
  path?: string;
  target?: string;
  records?: ReadonlyMap<string, string>;
  /** Whether there was a header for all members from here on: there must be one. */
  global?: true;
}

const kinds: { readonly [type: string]: TarMember['kind'] } = {
  '0': 'file',
  '7': 'file',
  '1': 'hard link',
  '2': 'symbolic link',
  '5': 'folder',
  S: 'sparse file',
};

/**
 * Finds the members of a tar archive without reading their contents, by going from header to header. It reads the
 * formats V7, POSIX (`ustar` and `pax`) and GNU, with their long names; what readers take for different things is
 * refused.
 *
 * @param archive - opened for reading.
 * @param name - name of the archive, for messages.
 * @throws DataError, with the byte, if a header is damaged, the archive ends inside a member, or something follows its end
 */
export async function tarMembers(archive: FileHandle, name: string): Promise<TarMembers> {
  return new TarReader(archive, name, (await archive.stat()).size).read();
}

class TarReader {
  readonly #members: TarMember[] = [];
  #described: Described = {};
  #at = 0;

  constructor(
    readonly archive: FileHandle,
    readonly name: string,
    readonly end: number,
  ) {}

  async read(): Promise<TarMembers> {
    const block = Buffer.alloc(BLOCK);
    await this.#assertTar(block);
    while (this.#at + BLOCK <= this.end) {
      await readFully(this.archive, block, this.#at);
      if (isZero(block)) {
        this.#assertDescribesNothing();
        await this.#assertZeros();
        return { members: this.#members, ended: true };
      }
      const header = parseTarHeader(block);
      if (!('type' in header)) throw this.#damaged(this.#at, ...header);
      if (header.type === 'S' && !isGnuSparseMap(block, 386, 4)) {
        throw this.#damaged(this.#at, 'the map of a sparse member', 'no numbers');
      }
      await this.#take(header);
    }
    if (this.#at !== this.end) {
      const got = `the end of the file after ${Math.max(0, this.end - this.#at)} bytes of it`;
      throw this.#damaged(this.#at, 'a tar header', got);
    }
    this.#assertDescribesNothing();
    return { members: this.#members, ended: false }; // some writers leave out the closing blocks
  }

  async #take(header: TarHeader): Promise<void> {
    const { type } = header;
    if (type === 'x' || type === 'X' || type === 'g') {
      const bytes = await this.#extension(header, 'an extended header');
      const records = parsePaxRecords(bytes);
      if (!records) throw this.#damaged(this.#at, 'the records of an extended header', 'damaged ones');
      if (type === 'g') this.#takeGlobal(records);
      else if (this.#described.records) {
        throw this.#damaged(this.#at, 'one extended header for a member', 'two');
      } else this.#described.records = records;
    } else if (type === 'L' || type === 'K') {
      const field = type === 'L' ? 'path' : 'target';
      const text = nameOf(untilZero(await this.#extension(header, 'a long name')));
      if (this.#described[field] !== undefined) {
        throw this.#damaged(this.#at, 'one long name for a member', 'two');
      }
      this.#described[field] = text;
    } else {
      await this.#takeMember(header);
      this.#described = {};
      return;
    }
    this.#at += BLOCK + padded(header.size);
  }

  async #takeMember(header: TarHeader): Promise<void> {
    const { type } = header;
    if (type === 'M') throw this.#damaged(this.#at, 'a whole archive', 'a part of one in several volumes');
    if (type === 'N') throw this.#damaged(this.#at, 'a member', 'the long names of a very old GNU tar');
    const records: ReadonlyMap<string, string> = this.#described.records ?? new Map<string, string>();
    const rawPath = this.#one('path', header.name, [
      this.#described.path,
      records.get('GNU.sparse.name') ?? records.get('path'),
    ]);
    const rawTarget = this.#one('target', header.linkName, [this.#described.target, records.get('linkpath')]);
    const isSparse =
      type === 'S' || [...records.keys()].some((key) => /^(GNU\.sparse\.|SCHILY\.realsize)/.test(key));
    const kind = isSparse && kinds[type] ? 'sparse file' : (kinds[type] ?? 'other');
    if (kind === 'file' && rawPath.endsWith('/')) {
      throw this.#damaged(
        this.#at,
        'the name of a file',
        `${JSON.stringify(rawPath)}, with a slash at its end`,
      );
    }
    const path = plainPath(rawPath);
    const length = this.#lengthOf(header, records, path);
    let offset = this.#at + BLOCK;
    if (header.mapContinues) offset += await this.#mapBytes(offset);
    if (offset + length > this.end) {
      throw this.#damaged(offset, `${length} bytes of ${path}`, `${Math.max(0, this.end - offset)}`);
    }
    if (!isPaxSparse(records) || (hasMapInContent(records) && !(await this.#beginsWithMap(offset, length)))) {
      throw this.#damaged(this.#at, `the map of ${path}, a sparse member`, 'no numbers');
    }
    this.#members.push({
      path,
      kind,
      offset,
      length,
      ...(kind === 'hard link' && { target: plainPath(rawTarget) }),
      ...(kind === 'symbolic link' &&
        (rawTarget.startsWith('/')
          ? { outside: rawTarget }
          : { target: plainPath(posix.join(posix.dirname(path), rawTarget)) })),
    });
    this.#at = offset + padded(length);
  }

  /** A field of a member: from the extended headers, which must agree, or else from its header. */
  #one(field: string, inHeader: string, described: readonly (string | undefined)[]): string {
    const [first, ...others] = described.filter((each) => each !== undefined);
    if (first === undefined) return inHeader;
    if (first === '')
      throw this.#damaged(this.#at, `the ${field} of a member in its extended header`, 'none');
    const other = others.find((each) => each !== first);
    if (other === undefined) return first;
    throw this.#damaged(
      this.#at,
      `one ${field} of a member`,
      `${JSON.stringify(first)} and ${JSON.stringify(other)}`,
    );
  }

  #lengthOf({ type, size }: TarHeader, records: ReadonlyMap<string, string>, path: string): number {
    const text = records.get('size');
    if (text !== undefined && !/^\d{1,15}$/.test(text)) {
      throw this.#damaged(this.#at, `the size of ${path}`, JSON.stringify(text));
    }
    const length = text === undefined ? size : Number(text);
    if (type === '1') return 0; // some writers give the size of the file that is linked
    if (length > 0 && '23456'.includes(type)) {
      throw this.#damaged(this.#at, `no content of ${path}, which is no file`, `${length} bytes`);
    }
    return length;
  }

  /** Bytes of the blocks that continue the map of an old GNU sparse member. */
  async #mapBytes(from: number): Promise<number> {
    const block = Buffer.alloc(BLOCK);
    let bytes = 0;
    do {
      if (from + bytes + BLOCK > this.end) {
        throw this.#damaged(from + bytes, 'the map of a sparse member', 'the end of the file');
      }
      await readFully(this.archive, block, from + bytes);
      if (!isGnuSparseMap(block, 0, 21))
        throw this.#damaged(from + bytes, 'the map of a sparse member', 'no numbers');
      bytes += BLOCK;
    } while (block[504] !== 0);
    return bytes;
  }

  async #beginsWithMap(offset: number, length: number): Promise<boolean> {
    return beginsWithSparseMap(await contents(this.archive, offset, Math.min(length, LARGEST_EXTENSION)));
  }

  async #extension({ size }: TarHeader, what: string): Promise<Buffer> {
    const offset = this.#at + BLOCK;
    if (size > LARGEST_EXTENSION) {
      throw this.#damaged(this.#at, `${what} of at most ${LARGEST_EXTENSION} bytes`, `one of ${size}`);
    }
    if (offset + size > this.end) {
      throw this.#damaged(offset, `${size} bytes of ${what}`, `${this.end - offset}`);
    }
    return contents(this.archive, offset, size);
  }

  #takeGlobal(records: ReadonlyMap<string, string>): void {
    const key = [...records.keys()].find((each) => /^(path|linkpath|size|GNU\.sparse\..*)$/.test(each));
    if (key === undefined) {
      this.#described.global = true;
      return;
    }
    throw this.#damaged(this.#at, `no ${key} for all members`, 'one in a global extended header');
  }

  #assertDescribesNothing(): void {
    if (Object.keys(this.#described).length === 0) return;
    throw this.#damaged(this.#at, 'the member of an extended header', 'the end of the archive');
  }

  async #assertTar(block: Buffer): Promise<void> {
    const bytesRead = await readFully(this.archive, block, 0);
    if (bytesRead === 0) throw this.#damaged(0, 'a tar archive', 'an empty file');
    const other = otherFormat(block.subarray(0, bytesRead), 'tar', this.name);
    if (!other || (bytesRead === BLOCK && 'type' in parseTarHeader(block))) return;
    const [expected, got] = ['a tar archive', other.name];
    throw new DataError({ file: this.name, expected, got, remedy: other.remedy });
  }

  async #assertZeros(): Promise<void> {
    const chunk = Buffer.alloc(1 << 16);
    for (let at = this.#at; at < this.end; at += chunk.length) {
      const bytesRead = await readFully(this.archive, chunk, at);
      if (isZero(chunk.subarray(0, bytesRead))) continue;
      throw new DataError({
        file: this.name,
        byteOffset: this.#at,
        expected: 'the end of the archive, as the block of zeros there says',
        got: 'more content after it, as when archives are appended to each other',
        remedy: 'Take the archives apart, or unpack it with tar --ignore-zeros -xf and pack it again.',
      });
    }
  }

  #damaged(byteOffset: number, expected: string, got: string): DataError {
    const remedy = 'The archive is damaged: download it again.';
    return new DataError({
      file: this.name,
      byteOffset,
      expected: printable(expected),
      got: printable(got),
      remedy,
    });
  }
}

/** Bytes of an archive. */
export async function contents(archive: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  await readFully(archive, bytes, offset);
  return bytes;
}

function padded(length: number): number {
  return Math.ceil(length / BLOCK) * BLOCK;
}

/** As the member would lie in the folder in which it is unpacked. */
function plainPath(path: string): string {
  return posix.normalize(path).replace(/^\/+/, '').replace(/\/$/, '');
}
