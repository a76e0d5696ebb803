import { ParquetProblem } from './parquet-error.js';

/** Types on the wire in Thrift's compact protocol. */
const wire = {
  true: 1,
  false: 2,
  i8: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
  uuid: 13,
} as const;

/** Far more than parquet nests. */
const DEEPEST = 24;

/** Reads a value whose type on the wire is `type`. */
export type Read<Value> = (reader: ThriftReader, type: number, depth: number) => Value;

interface Field<Value, Required extends boolean> {
  readonly id: number;
  readonly read: Read<Value>;
  readonly required: Required;
}

interface Fields {
  readonly [name: string]: Field<unknown, boolean>;
}

type Struct<Known extends Fields> = {
  readonly [Name in keyof Known]: Known[Name] extends Field<infer Value, infer Required>
    ? Required extends true
      ? Value
      : Value | undefined
    : never;
};

/** A field that must be there. */
export function required<Value>(id: number, read: Read<Value>): Field<Value, true> {
  return { id, read, required: true };
}

/** A field that may be missing. */
export function optional<Value>(id: number, read: Read<Value>): Field<Value, false> {
  return { id, read, required: false };
}

/** 32 bits. */
export const integer: Read<number> = (reader, type) => {
  expectType(type === wire.i32, 'an integer', type);
  return inBits(reader.zigZag(), 32);
};

/** 16 bits. */
export const short: Read<number> = (reader, type) => {
  expectType(type === wire.i16, 'a short integer', type);
  return inBits(reader.zigZag(), 16);
};

/** 8 bits. */
export const byte: Read<number> = (reader, type) => {
  expectType(type === wire.i8, 'a byte', type);
  return reader.byte();
};

/** 64 bits. */
export const long: Read<bigint> = (reader, type) => {
  expectType(type === wire.i64, 'a 64-bit integer', type);
  return reader.zigZag();
};

/** Bytes, not copied. */
export const binary: Read<Uint8Array> = (reader, type) => {
  expectType(type === wire.binary, 'bytes', type);
  return reader.bytes();
};

/** Text in UTF-8. */
export const text: Read<string> = (reader, type, depth) => utf8(binary(reader, type, depth));

/** True or false. */
export const boolean: Read<boolean> = (_, type) => {
  expectType(type === wire.true || type === wire.false, 'a boolean', type);
  return type === wire.true; // as a field, its type is its value
};

/** A list of values of one type. */
export function list<Value>(read: Read<Value>): Read<readonly Value[]> {
  return (reader, type, depth) => {
    expectType(type === wire.list, 'a list', type);
    return reader.elements((element) => read(reader, element, depth + 1));
  };
}

/** A union or a struct of which only the numbers of its fields matter. */
export const anyStruct: Read<readonly number[]> = (reader, type, depth) => {
  expectType(type === wire.struct, 'a struct', type);
  const ids: number[] = [];
  reader.fields(depth, (id, fieldType) => {
    ids.push(id);
    reader.skip(fieldType, depth + 1);
  });
  return ids;
};

/** A struct of these fields; others are passed over, as later versions of the format may add some. */
export function struct<Known extends Fields>(known: Known): Read<Struct<Known>> {
  const byId = new Map(Object.entries(known).map(([name, field]) => [field.id, { name, ...field }]));
  return (reader, type, depth) => {
    expectType(type === wire.struct, 'a struct', type);
    const found: { [name: string]: unknown } = {};
    reader.fields(depth, (id, fieldType) => {
      const field = byId.get(id);
      if (!field) {
        reader.skip(fieldType, depth + 1);
        return;
      }
      if (field.name in found) throw new ParquetProblem(`one field ${field.name}`, 'two');
      found[field.name] = field.read(reader, fieldType, depth + 1);
    });
    for (const { name, required } of byId.values()) {
      if (required && !(name in found)) throw new ParquetProblem(`a field ${name}`, 'none');
    }
    return found as Struct<Known>;
  };
}

/**
 * Reads a struct at `offset`.
 *
 * @returns it, and the offset after it
 * @throws ParquetProblem if it is damaged or ends early
 */
export function readThrift<Value>(
  bytes: Uint8Array,
  offset: number,
  read: Read<Value>,
): { readonly value: Value; readonly end: number } {
  const reader = new ThriftReader(bytes, offset);
  const value = read(reader, wire.struct, 0);
  return { value, end: reader.offset };
}

/** The bytes end within a struct. */
export class EndOfBytes extends ParquetProblem {
  constructor() {
    super('more bytes', 'their end');
  }
}

/** Text of bytes that must be UTF-8. */
export function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ParquetProblem('text in UTF-8', 'other bytes');
  }
}

function inBits(value: bigint, bits: number): number {
  if (BigInt.asIntN(bits, value) !== value) throw new ParquetProblem(`${bits} bits`, `${value}`);
  return Number(value);
}

function expectType(right: boolean, expected: string, type: number): void {
  if (!right) throw new ParquetProblem(expected, `a value of type ${type}`);
}

class ThriftReader {
  readonly #bytes: Uint8Array;
  offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.offset = offset;
  }

  byte(): number {
    const value = this.#bytes[this.offset++];
    if (value === undefined) throw new EndOfBytes();
    return value;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const next = this.byte();
      value |= BigInt(next & 127) << shift;
      if (next < 128) {
        if (value >= 2n ** 64n) break;
        return value;
      }
    }
    throw new ParquetProblem('a number of at most 64 bits', 'a longer one');
  }

  zigZag(): bigint {
    const value = this.varint();
    return (value >> 1n) ^ -(value & 1n);
  }

  bytes(): Uint8Array {
    const length = Number(this.varint());
    if (length > this.#bytes.length - this.offset) throw new EndOfBytes();
    this.offset += length;
    return this.#bytes.subarray(this.offset - length, this.offset);
  }

  /** Calls `field` at each field's value, which it must read or skip. */
  fields(depth: number, field: (id: number, type: number) => void): void {
    if (depth > DEEPEST) throw new ParquetProblem(`at most ${DEEPEST} levels`, 'more');
    let id = 0;
    for (;;) {
      const head = this.byte();
      const type = head & 15;
      if (type === 0) return;
      id = head >> 4 ? id + (head >> 4) : Number(this.zigZag());
      if (id < 1 || id > 32767) throw new ParquetProblem('the number of a field', `${id}`);
      field(id, type);
    }
  }

  elements<Value>(element: (type: number) => Value): Value[] {
    const head = this.byte();
    if ((head & 15) < wire.true || (head & 15) > wire.struct) {
      throw new ParquetProblem('a list of a type of parquet', `type ${head & 15}`);
    }
    const size = head >> 4 === 15 ? Number(this.varint()) : head >> 4;
    // every element takes a byte at least
    if (size > this.#bytes.length - this.offset) throw new EndOfBytes();
    return Array.from({ length: size }, () => element(head & 15));
  }

  skip(type: number, depth: number): void {
    switch (type) {
      case wire.true:
      case wire.false:
        return;
      case wire.i8:
        this.byte();
        return;
      case wire.i16:
      case wire.i32:
      case wire.i64:
        this.varint();
        return;
      case wire.double:
        for (let i = 0; i < 8; i++) this.byte();
        return;
      case wire.binary:
        this.bytes();
        return;
      case wire.list:
      case wire.set:
        if (depth > DEEPEST) throw new ParquetProblem(`at most ${DEEPEST} levels`, 'more');
        this.elements((element) => {
          // in a list, a boolean is a byte
          this.skip(element === wire.true || element === wire.false ? wire.i8 : element, depth + 1);
        });
        return;
      case wire.struct:
        this.fields(depth, (_, fieldType) => {
          this.skip(fieldType, depth + 1);
        });
        return;
      default:
        throw new ParquetProblem('a type of parquet', `type ${type}`);
    }
  }
}
