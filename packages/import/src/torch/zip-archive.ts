import { decodeUtf8 } from '@dmnn/foundation';
import CRC32 from 'crc-32';
import { inflateSync } from 'fflate';
import { TorchFileError } from './torch-file-error.js';

/** A member of a ZIP archive. */
interface ZipMember {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly checksum: number;
  /** Bytes in the archive, and unpacked. */
  readonly packedBytes: number;
  readonly bytes: number;
  /** Offset of its header. */
  readonly header: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END_64 = 0x06064b50;
const END_64_BYTES = 56;
const LOCATOR_64 = 0x07064b50;
const LOCATOR_64_BYTES = 20;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const HEADER = 0x04034b50;
const HEADER_BYTES = 30;
const LONGEST_COMMENT = 0xffff;
/** Flags that change nothing for a reader of the directory: level of compression, sizes after the data, names in UTF-8. */
const HARMLESS_FLAGS = 0b1000_0000_1110;
/** A bit of DOS's attributes. */
const DIRECTORY = 0x10;
/** Deflate cannot do better than 1,032 to 1. */
const BEST_RATIO = 1032;

/** The members of a ZIP archive, by its directory: each checked against its header, its check sum and its neighbours. */
export class ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #members = new Map<string, ZipMember>();

  /** @throws TorchFileError with the fault `archive` or `truncated` */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { at, end, entries } = this.#directory();
    let next = at;
    for (let i = 0; i < entries; i++) {
      const { member, entryBytes } = this.#entry(next, end);
      next += entryBytes;
      // other readers may not tell capitals apart
      const lower = member.name.toLowerCase();
      if (this.#members.has(lower)) throw broken(`${member.name}: expected one member of this name, got two`);
      this.#members.set(lower, member);
    }
    if (next !== end) throw broken(`expected the directory to end at byte ${end}, got ${next}`);
    this.#assertApart(at);
  }

  /** In the order of the directory. */
  get names(): readonly string[] {
    return [...this.#members.values()].map(({ name }) => name);
  }

  /** @returns its size unpacked; undefined if there is no such member */
  sizeOf(name: string): number | undefined {
    return this.#member(name)?.bytes;
  }

  /**
   * The bytes of a member: a view of the archive if it is not compressed.
   *
   * @returns undefined if there is no such member
   * @throws TorchFileError if its data do not fit its size or check sum
   */
  read(name: string): Uint8Array | undefined {
    const member = this.#member(name);
    if (!member) return undefined;
    const from = this.#dataOf(member);
    const packed = this.#bytes.subarray(from, from + member.packedBytes);
    const data = member.isDeflated ? inflated(member, packed) : packed;
    if (CRC32.buf(data) >>> 0 !== member.checksum) {
      throw new TorchFileError(
        'checksum',
        `${name}: expected the check sum that the archive has for it, got another. Download or copy the file again.`,
      );
    }
    return data;
  }

  #member(name: string): ZipMember | undefined {
    const member = this.#members.get(name.toLowerCase());
    if (member && member.name !== name) throw broken(`expected ${name}, got ${member.name}`);
    return member;
  }

  #directory(): { at: number; end: number; entries: number } {
    const end = this.#end();
    const [entries, size, at] = [this.#uint16(end + 10), this.#uint32(end + 12), this.#uint32(end + 16)];
    const parts = [this.#uint16(end + 4), this.#uint16(end + 6), this.#uint16(end + 8) - entries];
    const locator = end - LOCATOR_64_BYTES;
    const is64 = locator >= 0 && this.#uint32(locator) === LOCATOR_64;
    if (parts.some((part) => part !== 0)) throw several();
    if (!is64) return this.#within({ at, end: at + size, entries }, end);
    const end64 = this.#uint64(locator + 8);
    if (end64 + END_64_BYTES !== locator || this.#uint32(end64) !== END_64)
      throw broken(`expected the end of the directory (ZIP64) before byte ${locator}, got none`);
    const [entries64, size64, at64] = [
      this.#uint64(end64 + 32),
      this.#uint64(end64 + 40),
      this.#uint64(end64 + 48),
    ];
    const parts64 = [
      this.#uint32(end64 + 16),
      this.#uint32(end64 + 20),
      this.#uint64(end64 + 24) - entries64,
    ];
    if (
      parts64.some((part) => part !== 0) ||
      this.#uint32(locator + 4) !== 0 ||
      this.#uint32(locator + 16) > 1
    )
      throw several();
    const agree =
      sameUnless(entries, 0xffff, entries64) &&
      sameUnless(size, 0xffffffff, size64) &&
      sameUnless(at, 0xffffffff, at64);
    if (!agree) throw broken('expected both ends of the directory to agree, got a difference');
    return this.#within({ at: at64, end: at64 + size64, entries: entries64 }, end64);
  }

  #within(directory: { at: number; end: number; entries: number }, limit: number): typeof directory {
    const { at, end, entries } = directory;
    if (end !== limit || entries * ENTRY_BYTES > end - at)
      throw broken(
        `expected a directory of ${entries} members that ends at byte ${limit}, got bytes ${at} to ${end}`,
      );
    return directory;
  }

  /** The record at the end, after which there is only its comment. */
  #end(): number {
    const last = this.#bytes.length - END_BYTES;
    for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
      if (this.#uint32(at) === END && this.#uint16(at + 20) === last - at) return at;
    }
    throw new TorchFileError(
      'truncated',
      'expected the directory of a ZIP archive at the end, got none; the file is cut short or damaged. Download or copy it again.',
    );
  }

  #entry(at: number, end: number): { member: ZipMember; entryBytes: number } {
    if (at + ENTRY_BYTES > end || this.#uint32(at) !== ENTRY)
      throw broken(`expected a member in the directory at byte ${at}, got none`);
    const nameBytes = this.#uint16(at + 28);
    const extraBytes = this.#uint16(at + 30);
    const entryBytes = ENTRY_BYTES + nameBytes + extraBytes + this.#uint16(at + 32);
    if (at + entryBytes > end)
      throw broken(`expected a member's entry within the directory at byte ${at}, got more`);
    const name = decodeUtf8(this.#bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes));
    if (name === undefined || name === '' || name.includes('\0'))
      throw broken(`expected a name in UTF-8 at byte ${at}`);
    const method = this.#uint16(at + 10);
    if (method !== 0 && method !== 8)
      throw broken(`${name}: expected a member that is stored or deflated, got compression ${method}`);
    if ((this.#uint16(at + 8) & ~HARMLESS_FLAGS) !== 0)
      throw broken(`${name}: expected a member without encryption, got flags ${this.#uint16(at + 8)}`);
    if (this.#uint16(at + 34) !== 0) throw several();
    // readers give such a member no data
    if ((this.#uint32(at + 38) & DIRECTORY) !== 0 && !name.endsWith('/'))
      throw broken(`${name}: expected a file, got a directory`);
    const large = this.#large(name, at + ENTRY_BYTES + nameBytes, extraBytes, [
      this.#uint32(at + 24),
      this.#uint32(at + 20),
      this.#uint32(at + 42),
    ]);
    const [bytes, packedBytes, header] = large as [number, number, number];
    const isDeflated = method === 8;
    if (!isDeflated && bytes !== packedBytes)
      throw broken(
        `${name}: expected one size of a member that is not compressed, got ${bytes} and ${packedBytes}`,
      );
    if (bytes > BEST_RATIO * packedBytes + BEST_RATIO)
      throw broken(`${name}: expected a size that ${packedBytes} compressed bytes can have, got ${bytes}`);
    const checksum = this.#uint32(at + 16);
    return { member: { name, isDeflated, checksum, packedBytes, bytes, header }, entryBytes };
  }

  /** Numbers of an entry; those that do not fit 32 bits are in its extra field, one after the other. */
  #large(name: string, from: number, length: number, numbers: number[]): number[] {
    if (!numbers.includes(0xffffffff)) return numbers;
    let at = from;
    const end = from + length;
    while (at + 4 <= end) {
      const fieldEnd = at + 4 + this.#uint16(at + 2);
      if (this.#uint16(at) === 1 && fieldEnd <= end) {
        let next = at + 4;
        return numbers.map((number) => {
          if (number !== 0xffffffff) return number;
          if (next + 8 > fieldEnd) throw broken(`${name}: expected its size as 64 bits, got none`);
          next += 8;
          return this.#uint64(next - 8);
        });
      }
      at = fieldEnd;
    }
    throw broken(`${name}: expected its size as 64 bits, got none`);
  }

  /** Where the data of a member begin, by its header, which has its name too. */
  #dataOf({ name, header, isDeflated }: ZipMember): number {
    if (header + HEADER_BYTES > this.#bytes.length || this.#uint32(header) !== HEADER)
      throw broken(`${name}: expected its header at byte ${header}, got none`);
    const nameEnd = header + HEADER_BYTES + this.#uint16(header + 26);
    const own = decodeUtf8(this.#bytes.subarray(header + HEADER_BYTES, nameEnd));
    if (own !== name) throw broken(`${name}: expected its name in its header at byte ${header}, got another`);
    if (this.#uint16(header + 8) !== (isDeflated ? 8 : 0))
      throw broken(`${name}: expected one kind of compression, got two`);
    return nameEnd + this.#uint16(header + 28);
  }

  /** Members neither overlap nor reach into the directory: a small archive cannot unpack to much. */
  #assertApart(directory: number): void {
    const members = [...this.#members.values()].sort((a, b) => a.header - b.header);
    for (const [i, member] of members.entries()) {
      const limit = members[i + 1]?.header ?? directory;
      const end = this.#dataOf(member) + member.packedBytes;
      if (end > limit)
        throw broken(`${member.name}: expected its data before byte ${limit}, got an end at ${end}`);
    }
  }

  #uint16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  #uint32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** Beyond 2⁵³, where no file reaches, the nearest number. */
  #uint64(at: number): number {
    return Number(this.#view.getBigUint64(at, true));
  }
}

function sameUnless(number: number, unknown: number, other: number): boolean {
  return number === unknown || number === other;
}

function inflated({ name, bytes }: ZipMember, packed: Uint8Array): Uint8Array {
  let data: Uint8Array;
  try {
    // into a buffer of the size in the directory: more is not written
    data = inflateSync(packed, { out: new Uint8Array(bytes) });
  } catch (error) {
    throw broken(
      `${name}: expected compressed data, got ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (data.length !== bytes) throw broken(`${name}: expected ${bytes} bytes, got ${data.length}`);
  return data;
}

function several(): TorchFileError {
  return broken('expected one archive, got a part of several');
}

function broken(what: string): TorchFileError {
  return new TorchFileError('archive', `ZIP archive: ${what}`);
}
