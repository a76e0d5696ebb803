import protobuf from 'protobufjs/minimal.js';

const VARINT = 0;
const BYTES = 2;
const SMALL = 4096; // bytes; copying fewer is faster than another part

/**
 * Writes a protobuf message field by field, and keeps large values as parts of their own: a message inside a message
 * inside a message is not copied at each level.
 */
export class MessageParts {
  readonly #parts: Uint8Array[] = [];
  #writer = protobuf.Writer.create();
  #length = 0;

  whole(field: number, value: number): void {
    this.#writer.uint32(tag(field, VARINT)).int64(value);
  }

  text(field: number, value: string): void {
    this.#writer.uint32(tag(field, BYTES)).string(value);
  }

  packed(field: number, values: readonly number[]): void {
    this.#writer.uint32(tag(field, BYTES)).fork();
    for (const value of values) this.#writer.int64(value);
    this.#writer.ldelim();
  }

  floats(field: number, values: readonly number[]): void {
    this.#writer.uint32(tag(field, BYTES)).fork();
    for (const value of values) this.#writer.float(value);
    this.#writer.ldelim();
  }

  /** @param value - not copied before the parts are used, if it is large */
  bytes(field: number, value: Uint8Array): void {
    this.#append(field, [value], value.length);
  }

  message(field: number, write: (to: MessageParts) => void): void {
    const inner = new MessageParts();
    write(inner);
    const parts = inner.parts();
    this.#append(field, parts, inner.#length);
  }

  /** The message so far, in parts one after the other. */
  parts(): readonly Uint8Array[] {
    this.#cut();
    return this.#parts;
  }

  #append(field: number, parts: readonly Uint8Array[], length: number): void {
    this.#writer.uint32(tag(field, BYTES));
    if (parts.length === 1 && length < SMALL) {
      this.#writer.bytes(parts[0] as Uint8Array);
      return;
    }
    this.#writer.uint32(length);
    this.#cut();
    for (const part of parts) this.#parts.push(part);
    this.#length += length;
  }

  #cut(): void {
    const part = this.#writer.finish();
    this.#writer = protobuf.Writer.create();
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#length += part.length;
  }
}

function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}
