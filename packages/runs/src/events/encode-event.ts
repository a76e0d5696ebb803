import protobuf from 'protobufjs/minimal.js';

/** A number that TensorBoard draws over the steps. */
export interface Scalar {
  /** Name; what stands before the first slash is its group. */
  readonly tag: string;
  /** Stored as a 32-bit float. */
  readonly value: number;
}

const VARINT = 0;
const DOUBLE = 1;
const BYTES = 2;
const FLOAT = 5;

/** Field numbers and wire types of TensorFlow's `event.proto` and `summary.proto`, as protobuf's tags. */
const tags = {
  wallTime: (1 << 3) | DOUBLE,
  step: (2 << 3) | VARINT,
  fileVersion: (3 << 3) | BYTES,
  summary: (5 << 3) | BYTES,
  summaryValue: (1 << 3) | BYTES,
  valueTag: (1 << 3) | BYTES,
  valueSimple: (2 << 3) | FLOAT,
} as const;

/** The event that every event file begins with. */
export function encodeFileVersion(wallTimeSeconds: number): Uint8Array {
  return protobuf.Writer.create()
    .uint32(tags.wallTime)
    .double(wallTimeSeconds)
    .uint32(tags.fileVersion)
    .string('brain.Event:2')
    .finish();
}

/**
 * Scalars of one step as an `Event` with a `Summary`.
 *
 * @param step - optimiser steps done
 * @param wallTimeSeconds - since 1970
 */
export function encodeScalars(step: number, wallTimeSeconds: number, scalars: readonly Scalar[]): Uint8Array {
  const writer = protobuf.Writer.create()
    .uint32(tags.wallTime)
    .double(wallTimeSeconds)
    .uint32(tags.step)
    .int64(step)
    .uint32(tags.summary)
    .fork();
  for (const { tag, value } of scalars) {
    writer
      .uint32(tags.summaryValue)
      .fork()
      .uint32(tags.valueTag)
      .string(tag)
      .uint32(tags.valueSimple)
      .float(value)
      .ldelim();
  }
  return writer.ldelim().finish();
}
