import { TorchFileError } from './torch-file-error.js';

/**
 * A value of a pickle. Integers are numbers where a number is exact, and bigints beyond; floats are {@link PickleFloat}, since
 * a length must not be one.
 */
export type PickleValue = null | boolean | number | bigint | string | PickleObject;

/** A value that is more than a number or a text: every class of this file, and those of tensors and storages. */
export abstract class PickleObject {
  /** As a message says it: `a list`. */
  abstract readonly what: string;
}

/** A float of Python. */
export class PickleFloat extends PickleObject {
  readonly what = 'a number with a fraction';
  constructor(readonly value: number) {
    super();
  }
}

/** A tuple: fixed when it is made. */
export class PickleTuple extends PickleObject {
  readonly what = 'a tuple';
  constructor(readonly items: readonly PickleValue[]) {
    super();
  }
}

/** A list, to which a pickle appends. */
export class PickleList extends PickleObject {
  readonly what = 'a list';
  readonly items: PickleValue[] = [];
}

/** A dictionary of Python in the order of its keys: `dict`, `OrderedDict` or `Counter`. */
export class PickleDict extends PickleObject {
  readonly what: string;
  readonly #entries = new Map<string, readonly [key: PickleValue, value: PickleValue]>();

  constructor(readonly kind: 'dict' | 'OrderedDict' | 'Counter') {
    super();
    this.what = kind === 'dict' ? 'a dictionary' : `a dictionary (${kind})`;
  }

  /** @throws TorchFileError if Python has no such key, or it is of a kind that no checkpoint needs */
  set(key: PickleValue, value: PickleValue): void {
    const id = keyId(key);
    // an entry that is replaced keeps its first key, as in Python
    this.#entries.set(id, [this.#entries.get(id)?.[0] ?? key, value]);
  }

  /** The value of a text key. */
  get(key: string): PickleValue | undefined {
    return this.#entries.get(keyId(key))?.[1];
  }

  get entries(): Iterable<readonly [key: PickleValue, value: PickleValue]> {
    return this.#entries.values();
  }
}

/** A class or function that a pickle names, and which is never called: it stands for its name. */
export class PickleGlobal extends PickleObject {
  readonly what: string;
  constructor(readonly path: string) {
    super();
    this.what = `the name ${path}`;
  }
}

/** A Python object that holds no tensors of a network, and so is only named: `argparse.Namespace`. */
export class PickleOther extends PickleObject {
  /** @param takesState - whether it can have this as its attributes; no attributes if it is left out */
  constructor(
    readonly what: string,
    readonly takesState: (state: PickleValue) => boolean = () => false,
  ) {
    super();
  }
}

/** Python's equal keys have one id: 1, 1.0 and True are the same. */
function keyId(key: PickleValue): string {
  switch (typeof key) {
    case 'string':
      return `s${key}`;
    case 'boolean':
      return `n${key ? 1 : 0}`;
    case 'number':
    case 'bigint':
      return `n${key}`;
    default:
      if (key === null) return 'None';
      if (!(key instanceof PickleFloat))
        throw new TorchFileError(
          'pickle',
          `expected a text or a number as key of a dictionary, got ${key.what}`,
        );
      return Number.isInteger(key.value) ? `n${BigInt(key.value)}` : `f${key.value}`;
  }
}

/** A value as a message says it. */
export function whatOf(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  return value instanceof PickleObject
    ? value.what
    : `a ${typeof value === 'string' ? 'text' : typeof value}`;
}
