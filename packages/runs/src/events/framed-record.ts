import { maskedChecksum } from './masked-checksum.js';

/** Bytes of a frame before and after its record: length, its checksum; the record's checksum. */
const HEAD_BYTES = 12;
const TAIL_BYTES = 4;

/**
 * Puts a record into the frame of a TFRecord file: its length as 64 bits, the length's checksum, the record, its
 * checksum; little endian.
 *
 * @see TensorFlow's `tsl/lib/io/record_writer.h`
 */
export function framedRecord(record: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + record.length + TAIL_BYTES);
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(record.length), true);
  view.setUint32(8, maskedChecksum(frame.subarray(0, 8)), true);
  frame.set(record, HEAD_BYTES);
  view.setUint32(HEAD_BYTES + record.length, maskedChecksum(record), true);
  return frame;
}
