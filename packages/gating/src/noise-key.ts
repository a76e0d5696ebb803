import { assertCounter, assertSeed, upperKey, uniformOfWords } from './uniform-at.js';

/** Which noise is meant. The values depend on these numbers only, never on how samples are batched. */
export interface NoiseKey {
  /** An integer in 0 … 2⁵³ − 1: the run. */
  readonly seed: number;
  /** Which pass over the data, from 0; another epoch has other noise. */
  readonly epoch: number;
  /** Which gated block, l, from 0. */
  readonly blockIndex: number;
  /** One integer in 0 … 2³² − 1 for each image of the batch: what the image is, not where in the batch it stands. */
  readonly sampleKeys: readonly number[];
  /** N, the sub-blocks of the block; at most 65,536. */
  readonly subBlocks: number;
  /** K, between how many values a gate chooses; 2 (off, on) by default, at most 65,536. */
  readonly choices?: number;
}

/**
 * Standard Gumbel samples `[B, N, K]` of a key, as doubles in row-major order:
 * −log(−log u) with u = `uniformAt(seed, epoch, sampleKey, blockIndex, subBlock + 65536 · choice)`.
 */
export function gumbelValues(key: NoiseKey): Float64Array {
  const { seed, epoch, blockIndex, sampleKeys, subBlocks, choices = 2 } = key;
  assertSeed(seed);
  assertCounter('epoch', epoch);
  assertCounter('blockIndex', blockIndex);
  assertCounter('subBlocks', subBlocks, MOST);
  assertCounter('choices', choices, MOST);
  sampleKeys.forEach((sampleKey, b) => {
    assertCounter(`sampleKeys[${b}]`, sampleKey);
  });

  const lowerKey = seed >>> 0;
  const higherKey = upperKey(seed, 4);
  const values = new Float64Array(sampleKeys.length * subBlocks * choices);
  let i = 0;
  for (const sampleKey of sampleKeys) {
    for (let n = 0; n < subBlocks; n++) {
      for (let k = 0; k < choices; k++) {
        const u = uniformOfWords(epoch, sampleKey, blockIndex, n + MOST * k, lowerKey, higherKey);
        values[i++] = -Math.log(-Math.log(u));
      }
    }
  }
  return values;
}

const MOST = 2 ** 16; // sub-block and choice share one 32-bit counter
