/** A 32-bit mixer in which every input bit flips every output bit with probability near one half. */
function mixed(word: number): number {
  // murmur3's finaliser with the constants of "lowbias32" (C. Wellons, hash-prospector: bias 0.17)
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * A word, 0 to 2³² − 1, that is a pure function of its arguments: a counter-based generator. There is no state, so
 * any word can be computed without the ones before it.
 *
 * @param seed - any safe integer.
 * @param counters - integers; each position is a separate dimension.
 */
export function randomWord(seed: number, ...counters: readonly number[]): number {
  let h = mixed(seed >>> 0) ^ mixed((Math.floor(seed / 2 ** 32) >>> 0) + 0x9e3779b9);
  for (const counter of counters) h = mixed(h + 0x9e3779b9) ^ mixed((counter >>> 0) + 0x85ebca6b);
  return mixed(h);
}

/** The purposes of random words. Words of different streams are independent under one seed. */
export const stream = {
  order: 1,
  augmentation: 2,
  builtInLabels: 3,
  builtInImage: 4,
  builtInDifficulty: 5,
  imageCrop: 6,
  holdOut: 7,
} as const;

/** Throws a RangeError unless `seed` is a safe integer. */
export function assertSeed(seed: number): void {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed: expected a safe integer, got ${seed}`);
}
