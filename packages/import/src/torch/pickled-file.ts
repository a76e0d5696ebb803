import { decodeUtf8, fileFormatOf } from '@dmnn/foundation';
import { ByteCursor } from './byte-cursor.js';
import { forbiddenNames } from './forbidden-names.js';
import { PickleDict, PickleList, PickleTuple, type PickleValue, whatOf } from './pickle-value.js';
import { TorchFileError } from './torch-file-error.js';
import { ForbiddenName, storageOf, torchNames } from './torch-names.js';
import { TorchStorage } from './torch-tensor.js';
import { unpickle } from './unpickle.js';
import { ZipArchive } from './zip-archive.js';

/** What `torch.save` saved: a value with tensors in it, and the numbers of their storages. */
export interface PickledFile {
  readonly value: PickleValue;
  /** Little-endian bytes of what the file has under the key of a storage; never shorter than the storage says. */
  readonly bytesOf: (key: string) => Uint8Array;
}

/** The first value of the older form: a number. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
const ZIP_START = [0x50, 0x4b, 3, 4];

/**
 * Reads a file of `torch.save`: the ZIP archive of PyTorch 1.6 and later, or the older form, pickles followed by the bytes of
 * each storage.
 *
 * @throws TorchFileError
 */
export function readPickledFile(bytes: Uint8Array): PickledFile {
  if (ZIP_START.every((byte, i) => bytes[i] === byte)) return readArchive(new ZipArchive(bytes));
  if (bytes[0] === 0x80) return readOlder(bytes);
  const format = fileFormatOf(bytes);
  throw new TorchFileError(
    'contents',
    `expected a file of torch.save, got ${format?.name ?? 'another kind of file'}`,
  );
}

/** All members are in one folder, whose name is that of the file when it was saved. */
function readArchive(archive: ZipArchive): PickledFile {
  const [first = ''] = archive.names;
  const folder = first.slice(0, first.indexOf('/') + 1);
  const pickle = archive.read(`${folder}data.pkl`);
  if (folder === '' || pickle === undefined)
    throw new TorchFileError(
      'contents',
      `expected a ZIP archive with data.pkl, got one that begins with ${first || 'nothing'}`,
    );
  const outside = archive.names.find((name) => !name.startsWith(folder));
  if (outside !== undefined)
    throw new TorchFileError('archive', `ZIP archive: expected all members in ${folder}, got ${outside}`);
  if (archive.names.some((name) => name === `${folder}constants.pkl` || name.startsWith(`${folder}code/`)))
    throw torchscript();
  assertVersion(archive.read(`${folder}version`));
  assertLittleEndian(archive.read(`${folder}byteorder`));
  assertTexts(archive, folder);
  const storages = new Storages((id) => storageOf(id, 5).storage);
  const value = unpickled(pickle, new ByteCursor(pickle), (id) => storages.of(id));
  for (const { key, length, width } of storages.all) {
    const size = archive.sizeOf(`${folder}data/${key}`);
    if (size !== length * width)
      throw new TorchFileError(
        'storage',
        `data/${key}: expected ${length * width} bytes, got ${size ?? 'no such member'}`,
      );
  }
  return {
    value,
    bytesOf: (key) => archive.read(`${folder}data/${key}`) as Uint8Array,
  };
}

function torchscript(): TorchFileError {
  return new TorchFileError(
    'torchscript',
    'expected tensors, got a TorchScript archive (torch.jit.save), which holds code',
    ["Save its weights in Python: torch.save(torch.jit.load('FILE').state_dict(), 'state_dict.pth')"],
  );
}

function assertVersion(version: Uint8Array | undefined): void {
  const text = String.fromCharCode(...(version ?? []).slice(0, 10));
  const number = /^\d{1,3}\n?$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > 10)
    throw new TorchFileError(
      'archive',
      `version: expected 1 to 10, got ${version ? JSON.stringify(text) : 'none'}`,
    );
}

function assertLittleEndian(order: Uint8Array | undefined): void {
  const text = order && String.fromCharCode(...order.slice(0, 10));
  if (text !== undefined && text !== 'little') throw bigEndian(JSON.stringify(text));
}

/** Small members that PyTorch reads too, and refuses where they make no sense. */
function assertTexts(archive: ZipArchive, folder: string): void {
  const alignment = archive.read(`${folder}.storage_alignment`);
  if (alignment && !/^\d{1,9}$/.test(String.fromCharCode(...alignment.slice(0, 10))))
    throw new TorchFileError('archive', '.storage_alignment: expected a whole number, got another text');
  for (const name of ['.data/serialization_id', '.format_version']) {
    const text = archive.read(`${folder}${name}`);
    if (text && decodeUtf8(text) === undefined)
      throw new TorchFileError('archive', `${name}: expected text in UTF-8, got other bytes`);
  }
}

function bigEndian(order: string): TorchFileError {
  return new TorchFileError('byte-order', `byte order: expected little, got ${order}`, [
    'Load it in PyTorch and save it again on a machine of little-endian order.',
  ]);
}

/** Magic number, version, system, value, keys of storages; then each storage: its count, its bytes. */
function readOlder(bytes: Uint8Array): PickledFile {
  const cursor = new ByteCursor(bytes);
  const plain = (): PickleValue =>
    unpickled(bytes, cursor, () => {
      throw new TorchFileError('storage', 'expected no storages before the tensors, got one');
    });
  if (plain() !== MAGIC)
    throw new TorchFileError('contents', 'expected a file of torch.save, got another Python pickle', [
      "Save the weights with PyTorch: torch.save(state_dict, 'state_dict.pth')",
    ]);
  const version = plain();
  if (version !== VERSION)
    throw new TorchFileError('contents', `version: expected ${VERSION}, got ${whatOf(version)}`);
  const system = plain();
  if (!(system instanceof PickleDict) || system.get('little_endian') !== true) throw bigEndian('another');
  const parts = new Map<string, string>();
  const storages = new Storages((id) => partOf(id, parts));
  const value = unpickled(bytes, cursor, (id) => storages.of(id));
  const keys = plain();
  if (!(keys instanceof PickleList))
    throw new TorchFileError('storage', `expected a list of storages, got ${whatOf(keys)}`);
  const data = new Map<string, Uint8Array>();
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? storages.whole(key) : undefined;
    if (!storage || data.has(storage.key))
      throw new TorchFileError('storage', 'expected each storage once, got another key');
    data.set(storage.key, storageBytes(cursor, storage));
  }
  const absent = storages.all.find(({ key }) => !data.has(key));
  if (absent)
    throw new TorchFileError('storage', `expected the numbers of the storage ${absent.key}, got none`);
  if (cursor.left > 0)
    throw new TorchFileError('storage', `expected the end of the file, got ${cursor.left} more bytes`);
  return { value, bytesOf: (key) => data.get(key) as Uint8Array };
}

function storageBytes(cursor: ByteCursor, { key, wholeLength: length, width }: TorchStorage): Uint8Array {
  const count = cursor.int64();
  if (count !== BigInt(length))
    throw new TorchFileError(
      'storage',
      `storage ${key}: expected ${length} numbers, got a count of ${count}`,
    );
  return cursor.take(length * width);
}

/**
 * A storage of the older form: all of what is under its key, or a part of it, `(key, from, count)`.
 *
 * @param parts - by their keys, of which each stands for one part
 */
function partOf(id: PickleValue, parts: Map<string, string>): TorchStorage {
  const { storage, view } = storageOf(id, 6);
  if (view === null) return storage;
  const [key, from, count] = view instanceof PickleTuple && view.items.length === 3 ? view.items : [];
  const fits = typeof key === 'string' && typeof from === 'number' && typeof count === 'number';
  if (!fits || from < 0 || count < 0 || from + count > storage.length)
    throw new TorchFileError(
      'storage',
      `storage ${storage.key}: expected a part of its ${storage.length} numbers`,
    );
  const part = JSON.stringify([storage.key, from, count]);
  if ((parts.get(key) ?? part) !== part)
    throw new TorchFileError(
      'storage',
      `storage ${storage.key}: expected one part by the key ${key}, got two`,
    );
  parts.set(key, part);
  return new TorchStorage(storage.dtype, storage.width, storage.key, count, storage.length, from);
}

/** The storages that a pickle has named: a key has one type and count. */
class Storages {
  readonly #parse: (id: PickleValue) => TorchStorage;
  readonly #byKey = new Map<string, TorchStorage>();

  constructor(parse: (id: PickleValue) => TorchStorage) {
    this.#parse = parse;
  }

  of(id: PickleValue): TorchStorage {
    const storage = this.#parse(id);
    const known = this.#byKey.get(storage.key);
    if (known && (known.dtype !== storage.dtype || known.wholeLength !== storage.wholeLength))
      throw new TorchFileError('storage', `storage ${storage.key}: expected one type and size, got two`);
    if (!known) this.#byKey.set(storage.key, storage);
    return storage;
  }

  whole(key: string): TorchStorage | undefined {
    return this.#byKey.get(key);
  }

  get all(): readonly TorchStorage[] {
    return [...this.#byKey.values()];
  }
}

function unpickled(
  bytes: Uint8Array,
  cursor: ByteCursor,
  persistent: (id: PickleValue) => PickleValue,
): PickleValue {
  const begin = cursor.at;
  try {
    return unpickle(cursor, torchNames(bytes.length - begin, persistent));
  } catch (error) {
    if (!(error instanceof ForbiddenName)) throw error;
    throw forbiddenNames(error.path, bytes.subarray(begin));
  }
}
