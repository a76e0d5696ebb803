import { openingBias, philox4x32 } from '@dmnn/gating';
import type { Initialiser, VariableSpec } from './variable-specs.js';

/** Settings of {@link initialValue}. */
export interface InitialValueOptions {
  /** An integer in 0 … 2⁵³ − 1. */
  readonly seed: number;
  /** Wanted probability that a gate is on before training, in (0, 1). */
  readonly openingRate: number;
}

/**
 * The numbers a variable starts with: a pure function of seed, name and shape, whatever else is created before it.
 *
 * @returns as many numbers as the shape holds, in row-major order
 * @throws RangeError if the seed is no integer in 0 … 2⁵³ − 1, or the opening rate is not in (0, 1)
 */
export function initialValue(spec: VariableSpec, options: InitialValueOptions): Float32Array {
  const values = new Float32Array(spec.shape.reduce((product, length) => product * length, 1));
  fill(values, spec.initial, new VariableStream(options.seed, spec.name), options.openingRate);
  return values;
}

function fill(values: Float32Array, initial: Initialiser, stream: VariableStream, openingRate: number): void {
  switch (initial.kind) {
    case 'constant':
      values.fill(initial.value);
      return;
    case 'normal':
      for (let i = 0; i < values.length; i += 4)
        values.set(stream.normals(i / 4).slice(0, values.length - i), i);
      for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * initial.deviation;
      return;
    case 'uniform':
      for (let i = 0; i < values.length; i += 4)
        values.set(stream.uniforms(i / 4).slice(0, values.length - i), i);
      for (let i = 0; i < values.length; i++) values[i] = (2 * (values[i] as number) - 1) * initial.bound;
      return;
    case 'opening': {
      const { off, on } = openingBias(openingRate);
      for (let i = 0; i < values.length; i++) values[i] = i % 2 === 0 ? off : on;
      return;
    }
    default:
      initial satisfies never;
  }
}

// gating's streams put 0 to 4 counters into the key's upper bits; this is a place beside them
const STREAM = 5 * 2 ** 21;

/** Random numbers of one variable, four at a time, each four a pure function of their index. */
class VariableStream {
  readonly #key: readonly [number, number];
  readonly #place: readonly [number, number];

  constructor(seed: number, name: string) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`seed: expected an integer in 0 … 2^53 − 1, got ${seed}`);
    }
    this.#key = [seed >>> 0, Math.floor(seed / 2 ** 32) + STREAM];
    this.#place = [nameHash(name, 0x811c9dc5), nameHash(name, 0x9747b28c)];
  }

  /** Four numbers of (0, 1). */
  uniforms(index: number): number[] {
    const [a, b] = this.#place;
    return philox4x32([index, a, b, 0], [...this.#key]).map((word) => (word + 0.5) / 2 ** 32);
  }

  /** Four standard normal numbers. Box and Muller 1958. */
  normals(index: number): number[] {
    const [u0, u1, u2, u3] = this.uniforms(index) as [number, number, number, number];
    const radius0 = Math.sqrt(-2 * Math.log(u0));
    const radius1 = Math.sqrt(-2 * Math.log(u2));
    const angle0 = 2 * Math.PI * u1;
    const angle1 = 2 * Math.PI * u3;
    return [
      radius0 * Math.cos(angle0),
      radius0 * Math.sin(angle0),
      radius1 * Math.cos(angle1),
      radius1 * Math.sin(angle1),
    ];
  }
}

/** FNV-1a over UTF-16 code units, with a finish that spreads short names. */
function nameHash(name: string, start: number): number {
  let hash = start;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
