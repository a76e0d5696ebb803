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

type Entry = readonly [key: PickleValue, value: PickleValue];

/** A dictionary of Python in the order of its keys: `dict`, `OrderedDict` or `Counter`. */
export class PickleDict extends PickleObject {
  /** Made with the first entry: a pickle may have a million that stay empty. */
  #entries: Map<EqualKey, Entry> | undefined;

  constructor(readonly kind: 'dict' | 'OrderedDict' | 'Counter') {
    super();
  }

  get what(): string {
    return this.kind === 'dict' ? 'a dictionary' : `a dictionary (${this.kind})`;
  }

  /** @throws TorchFileError if Python has no such key, or it is of a kind that no checkpoint needs */
  set(key: PickleValue, value: PickleValue): void {
    const equal = equalKey(key);
    this.#entries ??= new Map();
    // an entry that is replaced keeps its first key, as in Python
    this.#entries.set(equal, [this.#entries.get(equal)?.[0] ?? key, value]);
  }

  /** The value of a text key. */
  get(key: string): PickleValue | undefined {
    return this.#entries?.get(key)?.[1];
  }

  get entries(): Iterable<Entry> {
    return this.#entries?.values() ?? [];
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

/** What a `Map` compares keys by; of a text the text itself, since a copy of a long one costs time at each use. */
type EqualKey = string | number | bigint | null;

/** Longer than the name of any variable; a hostile text would be copied with each name that begins with it. */
const LONGEST_KEY = 1024;

/** Python's equal keys are one here: 1, 1.0 and True. */
function equalKey(key: PickleValue): EqualKey {
  switch (typeof key) {
    case 'string':
      if (key.length <= LONGEST_KEY) return key;
      throw new TorchFileError(
        'size',
        `expected keys of at most ${LONGEST_KEY} characters, got one of ${key.length}`,
      );
    case 'boolean':
      return Number(key);
    case 'number':
    case 'bigint':
      return key;
    default:
      if (key === null) return null;
      if (!(key instanceof PickleFloat))
        throw new TorchFileError(
          'pickle',
          `expected a text or a number as key of a dictionary, got ${key.what}`,
        );
      if (Number.isSafeInteger(key.value) || !Number.isInteger(key.value)) return key.value;
      return BigInt(key.value);
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
