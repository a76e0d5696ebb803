/** Wire type of texts, bytes and messages. */
export const DELIMITED = 2;

const VARINT = 0;
const FIXED64 = 1;
const FIXED32 = 5;

/** A field of a protobuf message. */
export interface MessageField {
  readonly number: number;
  readonly wireType: number;
  /** The bytes of a length-delimited field; empty for others, whose numbers nobody reads. */
  readonly value: Uint8Array;
  /** Where the field begins and ends in the message, in bytes, with its tag. */
  readonly start: number;
  readonly end: number;
}

/**
 * The fields of a message. protobufjs reads lengths and tags that do not fit 32 bits as other numbers, and groups of
 * any nesting; a file of ours has neither.
 *
 * @throws RangeError if the bytes are no protobuf message
 */
export function* messageFields(bytes: Uint8Array): Generator<MessageField> {
  let at = 0;
  const varint = (most: number): number => {
    let value = 0;
    for (let i = 0; i < most; i++) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('message: it ends within a number');
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new RangeError(`message: expected a number of at most ${most} bytes`);
  };
  const skipped = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new RangeError('message: it ends within a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint(5);
    const [number, wireType] = [Math.floor(tag / 8), tag % 8];
    if (number === 0 || number >= 2 ** 29)
      throw new RangeError(`message: expected a field, got number ${number}`);
    let value: Uint8Array = NOTHING;
    if (wireType === VARINT) {
      if (varint(10) >= 2 ** 64) throw new RangeError('message: expected a number of 64 bits');
    } else if (wireType === DELIMITED) value = skipped(varint(5));
    else if (wireType === FIXED64) skipped(8);
    else if (wireType === FIXED32) skipped(4);
    else throw new RangeError(`message: expected wire type 0, 1, 2 or 5, got ${wireType}`);
    yield { number, wireType, value, start, end: at };
  }
}

const NOTHING = new Uint8Array();
