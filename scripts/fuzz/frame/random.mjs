/** Random numbers that depend on the seed and the mutation only: SplitMix32. */
export class Random {
  #state;

  /** @param {number} seed @param {number} stream a number of its own for each use */
  constructor(seed, stream) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) | 0;
    for (let i = 0; i < 4; i++) this.word();
  }

  /** 0 to 2³² − 1. */
  word() {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let word = this.#state ^ (this.#state >>> 16);
    word = Math.imul(word, 0x21f0aaad);
    word ^= word >>> 15;
    word = Math.imul(word, 0x735a2d97);
    return (word ^ (word >>> 15)) >>> 0;
  }

  /** An integer from 0 to `below` − 1. @param {number} below */
  below(below) {
    return Math.floor((this.word() / 2 ** 32) * below);
  }

  /** True with this probability. @param {number} probability */
  chance(probability) {
    return this.word() / 2 ** 32 < probability;
  }

  /** @template T @param {readonly T[]} values @returns {T} */
  pick(values) {
    return values[this.below(values.length)];
  }
}
