import { openingBias, philox4x32 } from '@dmnn/foundation';
import type { Initialiser, VariableSpec } from './variable-specs.js';

/** Options of {@link initialValue}. */
export interface InitialValueOptions {
  /** An integer in 0 … 2⁵³ − 1. */
  readonly seed: number;
  /** Probability that a gate is on before training, in (0, 1), for each sub-block of each gated block. */
  readonly openingRates: readonly (readonly number[])[];
  /** Initial value of the last gamma of each of these sub-blocks. */
  readonly openingScales: readonly (readonly number[])[];
}

/**
 * The initial numbers of a variable: a pure function of seed, name and shape, independent of other variables.
 *
 * @returns as many numbers as the shape holds, in row-major order
 * @throws RangeError if the seed is not an integer in 0 … 2⁵³ − 1, or an opening rate is not in (0, 1)
 */
export function initialValue(spec: VariableSpec, options: InitialValueOptions): Float32Array {
  const values = new Float32Array(spec.shape.reduce((product, length) => product * length, 1));
  fill(values, spec.initial, new VariableStream(options.seed, spec.name), options);
  return values;
}

function fill(
  values: Float32Array,
  initial: Initialiser,
  stream: VariableStream,
  { openingRates, openingScales }: InitialValueOptions,
): void {
  switch (initial.kind) {
    case 'constant':
      values.fill(initial.value);
      return;
    case 'normal':
      stream.fillNormal(values, initial.deviation);
      return;
    case 'uniform':
      stream.fillUniform(values, initial.bound);
      return;
    case 'opening': {
      values.set(openingBiases(openingRates[initial.gatedBlock] as readonly number[]));
      return;
    }
    case 'scale': {
      values.fill(openingScales[initial.gatedBlock]?.[initial.subBlock] as number);
      return;
    }
    default:
      initial satisfies never;
  }
}

/**
 * The last biases of a controller whose gates open at these rates while its other contributions to the logits are near
 * 0.
 *
 * @returns (off, on) for each sub-block, one after the other
 * @throws RangeError if a rate is not in (0, 1)
 */
export function openingBiases(rates: readonly number[]): number[] {
  return rates.flatMap((rate) => {
    const { off, on } = openingBias(rate);
    return [off, on];
  });
}

// gating's streams put 0 to 4 counters into the key's upper bits; this value is not used by them
const STREAM = 5 * 2 ** 21;

/** Random numbers of one variable, each a pure function of its index. */
class VariableStream {
  readonly #key: readonly [number, number];
  readonly #place: readonly [number, number];
  #four = -1;
  #words: readonly number[] = [];

  constructor(seed: number, name: string) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`seed: expected an integer in 0 … 2^53 − 1, got ${seed}`);
    }
    this.#key = [seed >>> 0, Math.floor(seed / 2 ** 32) + STREAM];
    this.#place = [nameHash(name, 0x811c9dc5), nameHash(name, 0x9747b28c)];
  }

  /** Fills an array with uniform numbers in (−bound, bound). */
  fillUniform(values: Float32Array, bound: number): void {
    for (let i = 0; i < values.length; i++) values[i] = bound * (2 * this.#uniform(i) - 1);
  }

  /** Fills an array with normal numbers of mean 0. Box and Muller 1958. */
  fillNormal(values: Float32Array, deviation: number): void {
    for (let i = 0; i < values.length; i += 2) {
      const radius = deviation * Math.sqrt(-2 * Math.log(this.#uniform(i)));
      const angle = 2 * Math.PI * this.#uniform(i + 1);
      values[i] = radius * Math.cos(angle);
      if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
    }
  }

  /** The number in (0, 1) at an index; cheap for consecutive indices, because four are computed at a time. */
  #uniform(index: number): number {
    const four = index >>> 2;
    if (four !== this.#four) {
      const [a, b] = this.#place;
      this.#words = philox4x32([four, a, b, 0], this.#key);
      this.#four = four;
    }
    return ((this.#words[index & 3] as number) + 0.5) / 2 ** 32;
  }
}

/** FNV-1a over UTF-16 code units, with a final mix that spreads short names. */
function nameHash(name: string, start: number): number {
  let hash = start;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
