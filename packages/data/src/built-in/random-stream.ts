import { randomWord } from './random-words.js';

/** A sequence of random numbers for one image: a counter mixed with the image's key. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  /** Uniform in [low, high). */
  readonly between: (low: number, high: number) => number;
  /** Uniform over 0…count − 1. */
  readonly below: (count: number) => number;
  /** A whole 32-bit word. */
  readonly word: () => number;
}

/** The stream of a key: equal keys give equal streams on every machine. */
export function randomStream(seed: number, ...counters: readonly number[]): RandomStream {
  let state = randomWord(seed, ...counters);
  const word = (): number => {
    // mulberry32 (T. Ettinger, public domain): a Weyl sequence and a mixer
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const uniform = (): number => word() / 2 ** 32;
  return {
    word,
    uniform,
    between: (low, high) => low + (high - low) * uniform(),
    below: (count) => Math.floor(uniform() * count),
  };
}
