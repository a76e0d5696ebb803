import type { ByteCursor } from './byte-cursor.js';
import {
  PickleDict,
  PickleFloat,
  PickleGlobal,
  PickleList,
  PickleOther,
  PickleTuple,
  type PickleValue,
  whatOf,
} from './pickle-value.js';
import { TorchFileError } from './torch-file-error.js';

/** What a pickle may name, and what it stands for. Neither executes anything of the pickle. */
export interface PickleNames {
  /** @throws TorchFileError if the name is not one of those that are allowed */
  global(path: string): PickleGlobal;
  /** The value of a call of an allowed name. */
  call(path: string, args: readonly PickleValue[]): PickleValue;
  /** A new object of an allowed class, made without calling it. */
  create(path: string, args: readonly PickleValue[]): PickleValue;
  /** The object that is kept outside the pickle under this id. */
  persistent(id: PickleValue): PickleValue;
}

/** More than the pickle of any network has; a hostile one would only take time. */
const MOST_STEPS = 5_000_000;

/**
 * Reads one pickle. The opcodes are those that `torch.save` writes, which are also all that PyTorch reads with
 * `weights_only=True`: values, dictionaries, and calls of names that `names` allows. Nothing is looked up, imported or run.
 *
 * @throws TorchFileError with the fault `pickle` or `truncated` and the byte, or what `names` throws
 * @see https://docs.python.org/3/library/pickletools.html for the opcodes
 */
export function unpickle(cursor: ByteCursor, names: PickleNames): PickleValue {
  return new PickleMachine(cursor, names).run();
}

class PickleMachine {
  readonly #cursor: ByteCursor;
  readonly #names: PickleNames;
  #stack: PickleValue[] = [];
  /** Stacks that marks have put aside. */
  readonly #outer: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(cursor: ByteCursor, names: PickleNames) {
    this.#cursor = cursor;
    this.#names = names;
  }

  run(): PickleValue {
    for (let step = 0; step < MOST_STEPS; step++) {
      const at = this.#cursor.at;
      const opcode = String.fromCharCode(this.#cursor.uint8());
      if (opcode === '.') return this.#pop();
      const action = actions[opcode];
      if (!action) throw unknownOpcode(opcode, at);
      action(this);
    }
    throw new TorchFileError('size', `expected a pickle of at most ${MOST_STEPS} steps, got more`);
  }

  get cursor(): ByteCursor {
    return this.#cursor;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    return this.#pop();
  }

  top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.#broken('a value on the stack, got none');
    return value;
  }

  mark(): void {
    this.#outer.push(this.#stack);
    this.#stack = [];
  }

  /** The values since the last mark. */
  sinceMark(): PickleValue[] {
    const values = this.#stack;
    const outer = this.#outer.pop();
    if (!outer) throw this.#broken('a mark on the stack, got none');
    this.#stack = outer;
    return values;
  }

  tuple(length: number): void {
    if (this.#stack.length < length)
      throw this.#broken(`${length} values on the stack, got ${this.#stack.length}`);
    this.push(new PickleTuple(this.#stack.splice(-length)));
  }

  remember(index: number): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.#broken(`a value that was kept as ${index}, got none`);
    this.push(value);
  }

  append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!(list instanceof PickleList)) throw this.#broken(`a list to append to, got ${whatOf(list)}`);
    for (const item of items) list.items.push(item);
  }

  setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict)) throw this.#broken(`a dictionary to add to, got ${whatOf(dict)}`);
    if (items.length % 2 === 1) throw this.#broken('pairs of key and value, got a key without a value');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i] as PickleValue, items[i + 1] as PickleValue);
  }

  global(): void {
    const [module, name] = [this.#cursor.line(), this.#cursor.line()];
    this.push(this.#names.global(`${module}.${name}`));
  }

  call(by: 'call' | 'create'): void {
    const args = this.#pop();
    const called = this.#pop();
    if (!(called instanceof PickleGlobal)) throw this.#broken(`a name to call, got ${whatOf(called)}`);
    if (!(args instanceof PickleTuple)) throw this.#broken(`a tuple of arguments, got ${whatOf(args)}`);
    this.push(this.#names[by](called.path, args.items));
  }

  /** Attributes of an object: of dictionaries `_metadata`, the versions of modules, which no weights depend on. */
  build(): void {
    const state = this.#pop();
    const object = this.top();
    const takesState =
      (object instanceof PickleDict && object.kind === 'OrderedDict') ||
      (object instanceof PickleOther && object.takesState(state));
    if (!takesState) throw this.#broken(`an object with attributes, got ${whatOf(object)}`);
    if (object instanceof PickleDict && !(state instanceof PickleDict))
      throw this.#broken(`attributes as a dictionary, got ${whatOf(state)}`);
  }

  persistent(): void {
    this.push(this.#names.persistent(this.#pop()));
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#broken('a value on the stack, got none');
    return value;
  }

  #broken(expected: string): TorchFileError {
    return new TorchFileError('pickle', `pickle, before byte ${this.#cursor.at}: expected ${expected}`);
  }
}

const actions: { readonly [opcode: string]: (machine: PickleMachine) => void } = {
  // PROTO: what matters are the opcodes
  '\x80': ({ cursor }) => void cursor.uint8(),
  c: (machine) => {
    machine.global();
  },
  R: (machine) => {
    machine.call('call');
  },
  '\x81': (machine) => {
    machine.call('create');
  },
  b: (machine) => {
    machine.build();
  },
  Q: (machine) => {
    machine.persistent();
  },
  a: (machine) => {
    machine.append([machine.pop()]);
  },
  e: (machine) => {
    machine.append(machine.sinceMark());
  },
  s: (machine) => {
    const value = machine.pop();
    machine.setItems([machine.pop(), value]);
  },
  u: (machine) => {
    machine.setItems(machine.sinceMark());
  },
  '(': (machine) => {
    machine.mark();
  },
  t: (machine) => {
    machine.push(new PickleTuple(machine.sinceMark()));
  },
  ')': (machine) => {
    machine.push(new PickleTuple([]));
  },
  '\x85': (machine) => {
    machine.tuple(1);
  },
  '\x86': (machine) => {
    machine.tuple(2);
  },
  '\x87': (machine) => {
    machine.tuple(3);
  },
  ']': (machine) => {
    machine.push(new PickleList());
  },
  '}': (machine) => {
    machine.push(new PickleDict('dict'));
  },
  N: (machine) => {
    machine.push(null);
  },
  '\x88': (machine) => {
    machine.push(true);
  },
  '\x89': (machine) => {
    machine.push(false);
  },
  J: (machine) => {
    machine.push(machine.cursor.int32());
  },
  K: (machine) => {
    machine.push(machine.cursor.uint8());
  },
  M: (machine) => {
    machine.push(machine.cursor.uint16());
  },
  '\x8a': (machine) => {
    machine.push(integer(machine.cursor.take(machine.cursor.uint8())));
  },
  G: (machine) => {
    machine.push(new PickleFloat(machine.cursor.float64BigEndian()));
  },
  X: (machine) => {
    machine.push(machine.cursor.text(machine.cursor.uint32()));
  },
  U: (machine) => {
    machine.push(machine.cursor.text(machine.cursor.uint8()));
  }, // of Python 2
  q: (machine) => {
    machine.remember(machine.cursor.uint8());
  },
  r: (machine) => {
    machine.remember(machine.cursor.uint32());
  },
  h: (machine) => {
    machine.recall(machine.cursor.uint8());
  },
  j: (machine) => {
    machine.recall(machine.cursor.uint32());
  },
};

/** Opcodes of newer or older protocols than the one that `torch.save` takes by itself. */
const otherOpcodes: { readonly [opcode: string]: string } = {
  '\x8c': 'SHORT_BINUNICODE',
  '\x8d': 'BINUNICODE8',
  '\x8f': 'EMPTY_SET',
  '\x90': 'ADDITEMS',
  '\x92': 'NEWOBJ_EX',
  '\x93': 'STACK_GLOBAL',
  '\x94': 'MEMOIZE',
  '\x95': 'FRAME',
  B: 'BINBYTES',
  C: 'SHORT_BINBYTES',
  T: 'BINSTRING',
  i: 'INST',
  o: 'OBJ',
  d: 'DICT',
  l: 'LIST',
  p: 'PUT',
  g: 'GET',
};

function unknownOpcode(opcode: string, at: number): TorchFileError {
  const code = `0x${opcode.charCodeAt(0).toString(16).padStart(2, '0')}`;
  const name = otherOpcodes[opcode];
  return new TorchFileError(
    'pickle',
    `pickle, byte ${at}: expected an opcode of protocol 2, as torch.save writes, got ${name === undefined ? code : `${name} (${code})`}`,
    name === undefined ? [] : ['Save it again without pickle_protocol: torch.save(state_dict, FILE).'],
  );
}

/** Two's complement, little-endian, of any length. */
function integer(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  const signed = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}
