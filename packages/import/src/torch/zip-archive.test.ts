import CRC32 from 'crc-32';
import { deflateSync, zipSync } from 'fflate';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TorchFileError } from './torch-file-error.js';
import { ZipArchive } from './zip-archive.js';

const DATA = Uint8Array.from({ length: 40 }, (_, i) => i % 7);
const NONE = 0xffffffff;

/** What is written of a member, by the places of its fields in the directory. */
interface Written {
  readonly name?: Uint8Array;
  readonly packed?: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  readonly bytes?: number;
  readonly packedBytes?: number;
  readonly attributes?: number;
  readonly disk?: number;
  readonly extra?: Uint8Array;
  /** Of the header before the data. */
  readonly own?: { readonly name?: Uint8Array; readonly method?: number };
  /** Of the end. */
  readonly entries?: number;
  readonly part?: number;
}

const text = (value: string) => new TextEncoder().encode(value);
const u16 = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const u64 = (...values: number[]) => new Uint8Array(BigUint64Array.from(values.map(BigInt)).buffer);
const joined = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** An archive of one member, by PKWARE's APPNOTE.TXT. */
function archive(written: Written = {}): Uint8Array {
  const { name = text('a'), packed = DATA, flags = 0, method = 0, attributes = 0, disk = 0 } = written;
  const { bytes = DATA.length, packedBytes = packed.length, extra = u16(), own = {} } = written;
  const checksum = CRC32.buf(DATA) >>> 0;
  const ownName = own.name ?? name;
  const header = joined(
    ...[
      u32(0x04034b50),
      u16(45, flags, own.method ?? method, 0, 0),
      u32(checksum, packed.length, DATA.length),
    ],
    ...[u16(ownName.length, 0), ownName, packed],
  );
  const entry = joined(
    ...[u32(0x02014b50), u16(45, 45, flags, method, 0, 0), u32(checksum, packedBytes, bytes)],
    ...[u16(name.length, extra.length, 0, disk, 0), u32(attributes, 0), name, extra],
  );
  const { entries = 1, part = 0 } = written;
  const end = joined(
    u32(0x06054b50),
    u16(part, part, entries, entries),
    u32(entry.length, header.length),
    u16(0),
  );
  return joined(header, entry, end);
}

/** The same with an end of 64 bits before the end, whose numbers it replaces. */
function with64(zip: Uint8Array, { part = 0, size }: { part?: number; size?: number } = {}): Uint8Array {
  const view = new DataView(zip.buffer, zip.byteOffset);
  const end = zip.length - 22;
  const [length, at] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  const end64 = joined(u32(0x06064b50), u64(44), u16(45, 45), u32(part, part), u64(1, 1, size ?? length, at));
  const locator = joined(u32(0x07064b50, 0), u64(end), u32(1));
  const last = joined(u32(0x06054b50), u16(0, 0, 0xffff, 0xffff), u32(NONE, NONE), u16(0));
  return joined(zip.subarray(0, end), end64, locator, last);
}

describe('ZipArchive', () => {
  it('reads what another library packs', () => {
    const members = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.uint8Array({ maxLength: 300 }), {
      minKeys: 1,
    });
    fc.assert(
      fc.property(members, fc.constantFrom(0, 6), (files, level) => {
        const zip = new ZipArchive(zipSync(files, { level: level }));
        expect([...zip.names].sort()).toEqual(Object.keys(files).sort());
        for (const [name, data] of Object.entries(files)) {
          expect(zip.sizeOf(name)).toBe(data.length);
          expect([...(zip.read(name) ?? [])]).toEqual([...data]);
        }
        expect([zip.sizeOf('none-of-them'), zip.read('none-of-them')]).toEqual([undefined, undefined]);
      }),
    );
  });

  const sizes = { bytes: NONE, packedBytes: NONE };
  it.each([
    ['stored', archive()],
    ['deflated', archive({ packed: deflateSync(DATA), method: 8 })],
    ['sizes of 64 bits', archive({ ...sizes, extra: joined(u16(1, 16), u64(40, 40)) })],
    [
      'sizes of 64 bits after another field',
      archive({ ...sizes, extra: joined(u16(9, 2, 0), u16(1, 16), u64(40, 40)) }),
    ],
    ['an end of 64 bits', with64(archive())],
  ])('reads a member: %s', (_, zip) => {
    expect([...(new ZipArchive(zip).read('a') ?? [])]).toEqual([...DATA]);
  });

  it.each([
    ['a member less', archive({ entries: 0 }), 'expected the directory to end at byte'],
    ['members that do not fit', archive({ entries: 2 }), 'expected a directory of 2 members'],
    ['a part of several', archive({ part: 1 }), 'expected one archive, got a part of several'],
    ['a member of another part', archive({ disk: 1 }), 'expected one archive, got a part of several'],
    [
      'a part of several, 64 bits',
      with64(archive(), { part: 1 }),
      'expected one archive, got a part of several',
    ],
    [
      'a directory of another size, 64 bits',
      with64(archive(), { size: 1 }),
      'expected a directory of 1 members',
    ],
    ['no name', archive({ name: text('') }), 'expected a name in UTF-8'],
    ['a name in no encoding', archive({ name: u16(0xffff) }), 'expected a name in UTF-8'],
    [
      'another compression',
      archive({ method: 12 }),
      'a: expected a member that is stored or deflated, got compression 12',
    ],
    ['encryption', archive({ flags: 1 }), 'a: expected a member without encryption, got flags 1'],
    ['a directory', archive({ attributes: 0x10 }), 'a: expected a file, got a directory'],
    [
      'two sizes',
      archive({ bytes: 41 }),
      'a: expected one size of a member that is not compressed, got 41 and 40',
    ],
    ['more than deflate can', archive({ packed: deflateSync(DATA), method: 8, bytes: 1e6 }), 'got 1000000'],
    ['no size of 64 bits', archive(sizes), 'a: expected its size as 64 bits, got none'],
    [
      'half a size of 64 bits',
      archive({ ...sizes, extra: joined(u16(1, 8), u64(40)) }),
      'a: expected its size as 64 bits',
    ],
    [
      'two names',
      archive({ own: { name: text('b') } }),
      'a: expected its name in its header at byte 0, got another',
    ],
    ['two compressions', archive({ own: { method: 8 } }), 'a: expected one kind of compression, got two'],
  ])('refuses %s', (_, zip, message) => {
    expect(() => new ZipArchive(zip)).toThrow(TorchFileError);
    expect(() => new ZipArchive(zip)).toThrow(message);
  });

  it.each([
    [
      'what is not deflated',
      archive({ packed: Uint8Array.of(255, 255, 255), method: 8 }),
      'a: expected compressed data',
    ],
    [
      'less than was said',
      archive({ packed: deflateSync(DATA.subarray(1)), method: 8 }),
      'a: expected 40 bytes, got 39',
    ],
    ['other data', archive({ packed: deflateSync(DATA.map((each) => each + 1)), method: 8 }), 'check sum'],
  ])('refuses %s when it is read', (_, zip, message) => {
    const opened = new ZipArchive(zip);
    expect(() => opened.read('a')).toThrow(TorchFileError);
    expect(() => opened.read('a')).toThrow(message);
  });
});
