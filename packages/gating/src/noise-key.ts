import { assertList, assertRecord } from '@dmnn/foundation';
import { assertCounter, assertSeed, upperKey, uniformOfWords } from './uniform-at.js';

/** Identifies noise. The values depend only on these numbers, never on how samples are batched. */
export interface NoiseKey {
  /** The run's seed, an integer in 0 … 2⁵³ − 1. */
  readonly seed: number;
  /** Epoch, from 0; each epoch has different noise. */
  readonly epoch: number;
  /** Index of the gated block, l, from 0. */
  readonly blockIndex: number;
  /** One integer in 0 … 2³² − 1 per image of the batch, which identifies the image, not its position in the batch. */
  readonly sampleKeys: readonly number[];
  /** N, the number of sub-blocks in the block; at most 65,536. */
  readonly subBlocks: number;
  /** K, the number of choices of a gate, at most 65,536. @defaultValue 2, (off, on) */
  readonly choices?: number | undefined;
}

/**
 * Standard Gumbel samples `[B, N, K]` of a key, as doubles in row-major order:
 * −log(−log u) with u = `uniformAt(seed, epoch, sampleKey, blockIndex, subBlock + 65536 · choice)`.
 */
export function gumbelValues(key: NoiseKey): Float64Array {
  assertKey(key);
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

/** @throws TypeError if it is not an object with a list of sample keys */
export function assertKey(key: NoiseKey): void {
  assertRecord('key', key, 'an object with seed, epoch, blockIndex, sampleKeys, subBlocks');
  assertList('sampleKeys', key.sampleKeys, 'an integer for each image');
}
