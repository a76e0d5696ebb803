import { decodeUtf8 } from '@dmnn/foundation';
import { DELIMITED, messageFields } from './message-fields.js';
import { fields } from './onnx-schema.js';

/** A float32 constant of a file. */
export interface FloatInitialiser {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Reads the numbers of one constant when they are needed. */
export type InitialiserReader = () => FloatInitialiser;

/**
 * Finds the constants of a file's graph and of all branches by their names. Nothing is copied before a reader is called.
 *
 * @throws RangeError if the bytes are no protobuf message
 */
export function readInitialisers(file: Uint8Array): ReadonlyMap<string, InitialiserReader> {
  const found = new Map<string, InitialiserReader>();
  for (const [name, tensor] of tensorsOf(file)) found.set(name, () => floatsOf(name, tensor));
  return found;
}

/**
 * Finds the bytes of the numbers of constants, in the file's own memory, by their names.
 *
 * @throws RangeError if the bytes are no protobuf message
 */
export function initialiserBytes(file: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const [name, tensor] of tensorsOf(file)) {
    const [bytes] = delimited(tensor, fields.tensor.rawData);
    if (bytes) found.set(name, bytes);
  }
  return found;
}

/** The constants of a file's graph and of all branches, as messages; of equal names the first. */
function tensorsOf(file: Uint8Array): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const inGraph = (graph: Uint8Array): void => {
    for (const { number, wireType, value } of messageFields(graph)) {
      if (wireType !== DELIMITED) continue;
      if (number === fields.graph.initializer) {
        const [name] = delimited(value, fields.tensor.name).map(decodeUtf8);
        if (name !== undefined && !found.has(name)) found.set(name, value);
      } else if (number === fields.graph.node) {
        for (const attribute of delimited(value, fields.node.attribute))
          delimited(attribute, fields.attribute.g).forEach(inGraph);
      }
    }
  };
  delimited(file, fields.model.graph).forEach(inGraph);
  return found;
}

function floatsOf(name: string, tensor: Uint8Array): FloatInitialiser {
  const shape = delimited(tensor, fields.tensor.dims).flatMap(varints);
  const [bytes = new Uint8Array()] = delimited(tensor, fields.tensor.rawData);
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== size * Float32Array.BYTES_PER_ELEMENT)
    throw new RangeError(
      `${name}: expected ${size} numbers of 4 bytes, [${shape.join(', ')}], got ${bytes.length} bytes`,
    );
  return { shape, data: numbersOf(bytes) };
}

/** The numbers themselves where they begin at a multiple of 4, otherwise a copy. */
function numbersOf(bytes: Uint8Array): Float32Array {
  const inPlace = bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0;
  const { buffer, byteOffset, byteLength } = inPlace ? bytes : new Uint8Array(bytes);
  return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
}

/** The values of a message's length-delimited fields of a number. */
function delimited(message: Uint8Array, wanted: number): Uint8Array[] {
  const values: Uint8Array[] = [];
  for (const { number, wireType, value } of messageFields(message))
    if (number === wanted && wireType === DELIMITED) values.push(value);
  return values;
}

/** Whole numbers, packed one after the other. */
function varints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let [value, scale] = [0, 1];
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    values.push(value);
    [value, scale] = [0, 1];
  }
  return values;
}
