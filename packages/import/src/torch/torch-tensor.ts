import { PickleObject } from './pickle-value.js';

/** Element types of storages that are read, by PyTorch's names, with the names that safetensors has for them. */
export const STORAGE_TYPES = {
  DoubleStorage: { dtype: 'F64', width: 8 },
  FloatStorage: { dtype: 'F32', width: 4 },
  HalfStorage: { dtype: 'F16', width: 2 },
  BFloat16Storage: { dtype: 'BF16', width: 2 },
  LongStorage: { dtype: 'I64', width: 8 },
  IntStorage: { dtype: 'I32', width: 4 },
  ShortStorage: { dtype: 'I16', width: 2 },
  CharStorage: { dtype: 'I8', width: 1 },
  ByteStorage: { dtype: 'U8', width: 1 },
  BoolStorage: { dtype: 'BOOL', width: 1 },
} as const;

/** An element type of a tensor of PyTorch, as safetensors calls it. */
export type TorchDtype = (typeof STORAGE_TYPES)[keyof typeof STORAGE_TYPES]['dtype'];

/** Numbers that one or more tensors are views of, or a part of such numbers. */
export class TorchStorage extends PickleObject {
  readonly what = 'a storage of numbers';

  constructor(
    readonly dtype: TorchDtype,
    /** Bytes of a number. */
    readonly width: number,
    /** Where the file has the numbers. */
    readonly key: string,
    /** Count of numbers. */
    readonly length: number,
    /** Count of the numbers that the file has under the key; more than `length` if this is a part of them. */
    readonly wholeLength: number = length,
    /** Index of the first number in the whole. */
    // eslint-disable-next-line @typescript-eslint/no-inferrable-types -- isolated declarations need it
    readonly from: number = 0,
  ) {
    super();
  }
}

/** A tensor: a view of a storage. */
export class TorchTensor extends PickleObject {
  readonly what = 'a tensor';

  constructor(
    readonly storage: TorchStorage,
    /** Index of its first number in the storage. */
    readonly offset: number,
    readonly shape: readonly number[],
    /** Numbers from one index to the next, for each dimension. */
    readonly strides: readonly number[],
  ) {
    super();
  }

  /** Count of its numbers; infinity beyond what can be counted. */
  get length(): number {
    // a zero would hide an overflow
    const product = this.shape.reduce((all, length) => all * Math.max(1, length), 1);
    if (!Number.isSafeInteger(product)) return Infinity;
    return this.shape.includes(0) ? 0 : product;
  }

  /** Index after its last number in the storage. */
  get end(): number {
    if (this.length === 0) return 0;
    return (
      this.shape.reduce((sum, length, i) => sum + (length - 1) * (this.strides[i] ?? 0), this.offset) + 1
    );
  }
}
