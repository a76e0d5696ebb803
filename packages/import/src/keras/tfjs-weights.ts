import { printable } from '@dmnn/foundation';
import type { WeightTensor } from '@dmnn/weights';
import { decodeTensor } from '@dmnn/weights/internal';
import { isObject } from './keras-json.js';
import { KerasFileError } from './keras-file-error.js';

/** A weight as `weightsManifest` lists it. */
interface ListedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization: Quantization | undefined;
}

interface Quantization {
  readonly dtype: 'uint8' | 'uint16' | 'float16';
  readonly scale: number;
  readonly min: number;
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly ListedWeight[];
}

/** Weights of a `model.json`, all as float32, and how they were kept. */
export interface TfjsWeights {
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  readonly converted: { readonly [dtype: string]: number };
}

const WIDTHS: { readonly [dtype: string]: number } = {
  float32: 4,
  int32: 4,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

/** The files that a `weightsManifest` names, in its order. */
export function shardPaths(manifest: unknown): string[] {
  const paths = groupsOf(manifest).flatMap((group) => group.paths);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined)
    throw bad('shards', `expected each file once in weightsManifest, got ${printable(twice, 100)} twice`);
  return paths;
}

/**
 * The numbers of TensorFlow.js's weights. Quantised ones are scaled as TensorFlow.js does: `q · scale + min`.
 *
 * @param manifest - `weightsManifest` of `model.json`
 * @throws KerasFileError if a file is missing, or the weights and files of a group do not have the same size
 */
export function tfjsWeights(manifest: unknown, shards: ReadonlyMap<string, Uint8Array>): TfjsWeights {
  shardPaths(manifest);
  const tensors = new Map<string, WeightTensor>();
  const converted: Record<string, number> = {};
  for (const { paths, weights } of groupsOf(manifest)) {
    const bytes = joined(paths, shards);
    let at = 0;
    for (const weight of weights) {
      if (tensors.has(weight.name))
        throw bad('weights', `expected one weight ${printable(weight.name, 100)}, got two`);
      const stored = weight.quantization?.dtype ?? weight.dtype;
      const length = weight.shape.reduce((product, side) => product * side, 1) * (WIDTHS[stored] as number);
      if (!(length <= bytes.length - at))
        throw bad(
          'shards',
          `${printable(weight.name, 100)}: expected ${length} bytes from byte ${at} of ${named(paths)}, got ${bytes.length - at}. Download or copy the files again`,
        );
      tensors.set(weight.name, decoded(weight, bytes.subarray(at, at + length)));
      if (stored !== 'float32') converted[stored] = (converted[stored] ?? 0) + 1;
      at += length;
    }
    if (at !== bytes.length)
      throw bad('shards', `${named(paths)}: expected ${at} bytes, as its weights need, got ${bytes.length}`);
  }
  return { tensors, converted };
}

function decoded({ shape, dtype, quantization }: ListedWeight, bytes: Uint8Array): WeightTensor {
  if (quantization?.dtype === 'float16') return decodeTensor('F16', shape, bytes);
  if (quantization) {
    const { buffer } = new Uint8Array(bytes); // a copy begins at an offset that every array type accepts
    const values = quantization.dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
    const { scale, min } = quantization;
    return { dtype: 'F32', shape, data: Float32Array.from(values, (value) => value * scale + min) };
  }
  if (dtype === 'float32') return decodeTensor('F32', shape, bytes);
  if (dtype === 'float16') return decodeTensor('F16', shape, bytes);
  const { data } = decodeTensor(dtype === 'int32' ? 'I32' : 'U8', shape, bytes);
  return { dtype: 'F32', shape, data: Float32Array.from(data as Int32Array) };
}

function joined(paths: readonly string[], shards: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts = paths.map((path) => {
    const shard = shards.get(path);
    if (shard) return shard;
    throw bad('shards', `expected the file ${printable(path, 100)} next to model.json, got none`);
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function groupsOf(manifest: unknown): Group[] {
  if (!Array.isArray(manifest)) throw bad('weights', 'weightsManifest: expected a list of groups');
  return (manifest as unknown[]).map((group, g) => {
    const { paths, weights } = isObject(group) ? group : {};
    const place = `weightsManifest[${g}]`;
    if (!Array.isArray(paths) || !paths.every(isPath))
      throw bad(
        'shards',
        `${place}.paths: expected names of files in the folder of model.json, got ${shortJson(paths)}`,
      );
    if (!Array.isArray(weights)) throw bad('weights', `${place}.weights: expected a list`);
    return {
      paths,
      weights: (weights as unknown[]).map((weight, w) => listed(weight, `${place}.weights[${w}]`)),
    };
  });
}

/** No other folder can be meant. */
function isPath(path: unknown): path is string {
  return (
    typeof path === 'string' &&
    path.length > 0 &&
    path.length < 1000 &&
    !/[\0\\:]/.test(path) &&
    path.split('/').every((part) => part !== '' && part !== '..')
  );
}

function listed(weight: unknown, place: string): ListedWeight {
  const { name, shape, dtype, quantization } = isObject(weight) ? weight : {};
  if (typeof name !== 'string' || name === '')
    throw bad('weights', `${place}.name: expected a name, got ${shortJson(name)}`);
  const where = `${place} ${printable(name, 100)}`;
  const sides = Array.isArray(shape) && shape.length <= 8 ? (shape as unknown[]) : undefined;
  if (!sides?.every((side) => Number.isSafeInteger(side) && (side as number) >= 0))
    throw bad('weights', `${where}: expected a shape of up to 8 whole numbers, got ${shortJson(shape)}`);
  const isKnown = typeof dtype === 'string' && Object.hasOwn(WIDTHS, dtype);
  if (!isKnown || dtype === 'uint16')
    throw bad(
      'weights',
      `${where}: expected float32, float16, int32, uint8 or bool, got ${shortJson(dtype)}`,
    );
  return {
    name,
    shape: sides as number[],
    dtype,
    quantization: quantization === undefined ? undefined : quantized(quantization, where),
  };
}

function quantized(quantization: unknown, where: string): Quantization {
  const { dtype, scale = 1, min = 0 } = isObject(quantization) ? quantization : {};
  if (dtype === 'float16') return { dtype, scale: 1, min: 0 };
  if ((dtype === 'uint8' || dtype === 'uint16') && typeof scale === 'number' && typeof min === 'number')
    return { dtype, scale, min };
  throw bad(
    'weights',
    `${where}: expected a quantization by uint8, uint16 or float16, got ${shortJson(quantization)}`,
  );
}

function named(paths: readonly string[]): string {
  const [first = 'no file', second] = paths;
  return second === undefined
    ? printable(first, 100)
    : `${printable(first, 100)} and ${paths.length - 1} more`;
}

function shortJson(value: unknown): string {
  return printable(value === undefined ? 'nothing' : JSON.stringify(value), 100);
}

function bad(fault: 'shards' | 'weights', what: string): KerasFileError {
  return new KerasFileError(fault, `${what}.`);
}
