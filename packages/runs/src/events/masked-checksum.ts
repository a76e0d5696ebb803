import crc32c from 'crc-32/crc32c.js';

/** What TFRecord adds to a rotated checksum, so that the checksum of bytes that hold checksums is no weaker. */
const MASK_DELTA = 0xa282ead8;

/**
 * CRC32C of some bytes, masked as TFRecord files store it: an unsigned 32-bit number.
 *
 * @see RFC 3720 §B.4 for the checksum; TensorFlow's `tsl/lib/hash/crc32c.h` for the mask
 */
export function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c.buf(bytes) >>> 0;
  const rotated = ((checksum >>> 15) | (checksum << 17)) >>> 0;
  return (rotated + MASK_DELTA) >>> 0;
}
