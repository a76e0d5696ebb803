import { decodeUtf8 } from '@dmnn/foundation';
import { TorchFileError } from './torch-file-error.js';

/** Reads numbers and texts of a file one after the other; what is not there is an error. */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Offset of the next byte. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Number of bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.at;
  }

  uint8(): number {
    return this.#view.getUint8(this.#advanced(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advanced(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advanced(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advanced(4), true);
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#advanced(8), true);
  }

  /** Pickles have their floats big-endian. */
  float64BigEndian(): number {
    return this.#view.getFloat64(this.#advanced(8), false);
  }

  /** A view, not a copy. */
  take(length: number): Uint8Array {
    const from = this.#advanced(length);
    return this.#bytes.subarray(from, from + length);
  }

  text(length: number): string {
    return this.#utf8(this.take(length));
  }

  /** The text before the next line end, which is passed. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new TorchFileError('truncated', `expected a line end after byte ${this.at}, got none`);
    const line = this.take(end - this.at);
    this.at += 1;
    return this.#utf8(line);
  }

  #utf8(bytes: Uint8Array): string {
    const text = decodeUtf8(bytes);
    if (text === undefined)
      throw new TorchFileError('pickle', `expected text in UTF-8 before byte ${this.at}, got other bytes`);
    return text;
  }

  #advanced(length: number): number {
    const from = this.at;
    if (length > this.left) {
      throw new TorchFileError(
        'truncated',
        `expected ${length} bytes from byte ${from}, got ${this.left}. Download or copy the file again.`,
      );
    }
    this.at += length;
    return from;
  }
}
