import { printable } from '@dmnn/foundation';
import {
  PickleDict,
  PickleGlobal,
  PickleList,
  PickleOther,
  PickleTuple,
  type PickleValue,
  whatOf,
} from './pickle-value.js';
import { TorchFileError } from './torch-file-error.js';
import { STORAGE_TYPES, TorchStorage, TorchTensor } from './torch-tensor.js';
import type { PickleNames } from './unpickle.js';

/** A storage of a file as its pickle describes it: type, key, count, and what else there is. */
export interface StorageId {
  readonly storage: TorchStorage;
  /** The rest of the tuple, which only the older form has. */
  readonly view: PickleValue;
}

/** The calls that are allowed: each is worked out here, without the function that it is named after. */
const calls: { readonly [path: string]: (args: readonly PickleValue[], budget: CopyBudget) => PickleValue } =
  {
    'torch._utils._rebuild_tensor': (args) => rebuiltTensor('_rebuild_tensor', args, [4]),
    'torch._utils._rebuild_tensor_v2': (args) => rebuiltTensor('_rebuild_tensor_v2', args, [6, 7]),
    'torch._utils._rebuild_parameter': rebuiltParameter,
    'torch.Size': ([sizes, ...others]) => {
      if (sizes instanceof PickleTuple && others.length === 0) {
        assertRank('torch.Size', sizes);
        return new PickleTuple(counts('torch.Size', sizes));
      }
      throw wrongCall('torch.Size', 'one tuple of lengths');
    },
    'collections.OrderedDict': orderedDict,
    'collections.Counter': ([counted, ...others]) => {
      if (others.length > 0 || !(counted === undefined || counted instanceof PickleDict))
        throw wrongCall('collections.Counter', 'a dictionary of counts');
      return new PickleOther('a dictionary (Counter)');
    },
    // how Python 3 writes bytes in protocol 2; only a number of NumPy has some
    '_codecs.encode': ([text, encoding, ...others], budget) => {
      if (typeof text === 'string') budget.spend(text.length);
      if (typeof text === 'string' && encoding === 'latin1' && others.length === 0 && isLatin1(text))
        return new PickleBytes(text.length);
      throw wrongCall('_codecs.encode', "a text of Latin-1 and 'latin1'");
    },
    'numpy.dtype': ([name, align, copy, ...others]) => {
      const width = typeof name === 'string' ? NUMPY_WIDTHS.get(name) : undefined;
      if (width === undefined || typeof align !== 'boolean' || typeof copy !== 'boolean' || others.length > 0)
        throw wrongCall('numpy.dtype', `one of ${[...NUMPY_WIDTHS.keys()].join(', ')} and two flags`);
      return new NumpyDtype(width);
    },
    'numpy.core.multiarray.scalar': numpyScalar,
    'numpy._core.multiarray.scalar': numpyScalar,
  };

/** Classes whose objects are only named: options of a training, which hold no tensors of a network. */
const created: { readonly [path: string]: () => PickleValue } = {
  'argparse.Namespace': () =>
    new PickleOther('options (argparse.Namespace)', (state) => state instanceof PickleDict),
  'collections.OrderedDict': () => new PickleDict('OrderedDict'),
};

/** As many as most of PyTorch's own operations take. */
const MOST_DIMENSIONS = 64;

/** Element types, which settings of a training may name. */
const DTYPES = /^torch\.(?:float32|float64|float16|bfloat16|u?int8|int16|int32|int64|bool)$/;

/** Bytes of the numbers of NumPy that are read, as a best accuracy is often kept. */
const NUMPY_WIDTHS = new Map([
  ['f4', 4],
  ['f8', 8],
  ['i4', 4],
  ['i8', 8],
  ['b1', 1],
]);

/** Version, byte order, and what only types of several fields have. */
function isStateOfDtype(state: PickleValue): boolean {
  const items = state instanceof PickleTuple ? state.items : [];
  const [version, order, ...rest] = items;
  return (
    version === 3 &&
    (order === '<' || order === '|') &&
    rest.length === 6 &&
    rest.every((each, i) => each === [null, null, null, -1, -1, 0][i])
  );
}

class PickleBytes extends PickleOther {
  constructor(readonly length: number) {
    super('bytes');
  }
}

class NumpyDtype extends PickleOther {
  constructor(readonly width: number) {
    super('an element type of NumPy', isStateOfDtype);
  }
}

/**
 * What a file of tensors may name: constructors of tensors, their storages, and dictionaries; nothing else, whatever it would
 * do.
 *
 * @param persistent - of the ids of storages
 */
export function torchNames(bytes: number, persistent: (id: PickleValue) => PickleValue): PickleNames {
  const budget = new CopyBudget(bytes);
  return {
    global(path) {
      const [, storage = ''] = /^torch\.(\w+Storage)$/.exec(path) ?? [];
      if (storage !== '' && !Object.hasOwn(STORAGE_TYPES, storage))
        throw new TorchFileError('element-type', `expected a storage of real numbers, got ${path}`);
      if (storage !== '' || Object.hasOwn(calls, path) || Object.hasOwn(created, path) || DTYPES.test(path))
        return new PickleGlobal(path);
      throw new ForbiddenName(path);
    },
    call(path, args) {
      const call = Object.hasOwn(calls, path) ? calls[path] : undefined;
      if (call) return call(args, budget);
      throw wrongCall(path, 'a name that can be called');
    },
    create(path, args) {
      const create = Object.hasOwn(created, path) ? created[path] : undefined;
      if (create && args.length === 0) return create();
      throw wrongCall(path, 'a class that is made without arguments');
    },
    persistent,
  };
}

/** A name that is not allowed; what it means depends on the other names of the pickle. */
export class ForbiddenName extends Error {
  constructor(readonly path: string) {
    super(path);
  }
}

/** Limits what a small pickle can copy many times. */
class CopyBudget {
  #left: number;
  constructor(bytes: number) {
    this.#left = bytes;
  }

  spend(entries: number): void {
    this.#left -= entries;
    if (this.#left < 0)
      throw new TorchFileError('size', 'expected values of the size of the pickle, got many copies of one');
  }
}

/**
 * The storage that a persistent id describes: `('storage', FloatStorage, key, device, count, …)`.
 *
 * @param length - of the tuple
 */
export function storageOf(id: PickleValue, length: 5 | 6): StorageId {
  if (!(id instanceof PickleTuple)) throw wrongStorage('a tuple', whatOf(id));
  const [what, type, key, location, count, view = null] = id.items;
  if (what === 'module') throw new ForbiddenName(type instanceof PickleGlobal ? type.path : 'a module');
  if (what !== 'storage' || id.items.length !== length)
    throw wrongStorage(`'storage' and ${length - 1} values`, `${id.items.length} values`);
  const kind = type instanceof PickleGlobal ? type.path.replace('torch.', '') : '';
  if (!isStorageType(kind)) throw wrongStorage('a type of storage', whatOf(type));
  if (typeof key !== 'string' || typeof location !== 'string')
    throw wrongStorage('a key and a device', `${whatOf(key)} and ${whatOf(location)}`);
  if (!isCount(count)) throw wrongStorage('a count of numbers', whatOf(count));
  const { dtype, width } = STORAGE_TYPES[kind];
  return { storage: new TorchStorage(dtype, width, key, count), view };
}

function isStorageType(kind: string): kind is keyof typeof STORAGE_TYPES {
  return Object.hasOwn(STORAGE_TYPES, kind);
}

function wrongStorage(expected: string, got: string): TorchFileError {
  return new TorchFileError('storage', `id of a storage: expected ${expected}, got ${got}`);
}

/** `storage, offset, shape, strides, requires_grad, backward_hooks, metadata` */
function rebuiltTensor(name: string, args: readonly PickleValue[], lengths: readonly number[]): TorchTensor {
  const [storage, offset, shape, strides, requiresGrad = false, , metadata = null] = args;
  if (!lengths.includes(args.length))
    throw wrongCall(`torch._utils.${name}`, `${lengths.join(' or ')} arguments`);
  if (!(storage instanceof TorchStorage)) throw wrongCall(name, 'a storage');
  if (!isCount(offset)) throw wrongCall(name, 'an offset');
  if (!(shape instanceof PickleTuple) || !(strides instanceof PickleTuple))
    throw wrongCall(name, 'tuples of lengths and strides');
  if (shape.items.length !== strides.items.length) throw wrongCall(name, 'as many strides as lengths');
  assertRank(name, shape);
  if (metadata !== null) throw wrongCall(name, 'a tensor without flags (conjugate, negative)');
  assertGradient(name, storage, requiresGrad);
  const tensor = new TorchTensor(storage, offset, counts(name, shape), counts(name, strides));
  const end = tensor.end;
  if (end <= storage.length) return tensor;
  throw new TorchFileError(
    'tensor',
    `tensor of [${printable(tensor.shape.join(', '), 100)}]: expected numbers within its storage of ${storage.length}, got an end at ${end}`,
  );
}

/** `data, requires_grad, backward_hooks` */
function rebuiltParameter(args: readonly PickleValue[]): TorchTensor {
  const [tensor, requiresGrad, ...others] = args;
  if (!(tensor instanceof TorchTensor) || others.length !== 1)
    throw wrongCall('torch._utils._rebuild_parameter', 'a tensor and two arguments');
  assertGradient('_rebuild_parameter', tensor.storage, requiresGrad);
  return tensor;
}

function assertGradient(name: string, { dtype }: TorchStorage, requiresGrad: PickleValue | undefined): void {
  if (typeof requiresGrad !== 'boolean') throw wrongCall(name, 'a flag for gradients');
  if (requiresGrad && !['F64', 'F32', 'F16', 'BF16'].includes(dtype))
    throw wrongCall(name, `no gradient of integers (${dtype})`);
}

/** Python 2 wrote its pairs as lists in a list; Python 3 adds them afterwards. */
function orderedDict(args: readonly PickleValue[], budget: CopyBudget): PickleDict {
  const [pairs, ...others] = args;
  const dict = new PickleDict('OrderedDict');
  if (pairs === undefined) return dict;
  if (!(pairs instanceof PickleList) || others.length > 0)
    throw wrongCall('collections.OrderedDict', 'no arguments, or a list of pairs');
  budget.spend(pairs.items.length);
  for (const pair of pairs.items) {
    const items = pair instanceof PickleList || pair instanceof PickleTuple ? pair.items : [];
    if (items.length !== 2) throw wrongCall('collections.OrderedDict', 'pairs of key and value');
    dict.set(items[0] as PickleValue, items[1] as PickleValue);
  }
  return dict;
}

function numpyScalar([dtype, bytes, ...others]: readonly PickleValue[]): PickleValue {
  const fits = dtype instanceof NumpyDtype && bytes instanceof PickleBytes && bytes.length === dtype.width;
  if (fits && others.length === 0) return new PickleOther('a number of NumPy');
  throw wrongCall('numpy.core.multiarray.scalar', 'a type and a number of its size');
}

function counts(name: string, { items }: PickleTuple): number[] {
  const wrong = items.find((item) => !isCount(item));
  if (wrong !== undefined)
    throw wrongCall(name, `whole numbers ≥ 0 as lengths and strides, got ${shown(wrong)}`);
  return items as number[];
}

/** A tuple may be in a pickle once and in use a million times. */
function assertRank(name: string, { items }: PickleTuple): void {
  if (items.length <= MOST_DIMENSIONS) return;
  throw new TorchFileError(
    'size',
    `${name}: expected at most ${MOST_DIMENSIONS} dimensions, got ${items.length}`,
  );
}

function shown(value: PickleValue): string {
  return typeof value === 'number' || typeof value === 'bigint' ? `${value}` : whatOf(value);
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && value >= 0;
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}

function wrongCall(name: string, expected: string): TorchFileError {
  return new TorchFileError('pickle', `${name}: expected ${expected}`);
}
