import { FIRST_PATH, PATH_WORDS } from './norm-sum-plan.js';

/** A plan while it is written, word by word; words that are not set are 0. */
export class NormSumPlan {
  readonly #words: Int32Array;
  #parts: readonly number[] = [];

  /** @param paths - how many */
  constructor(paths: number) {
    this.#words = new Int32Array(FIRST_PATH + paths * PATH_WORDS);
  }

  /** Sets a word: a count or an address. */
  set(word: number, value: number): void {
    this.#words[word] = value | 0; // addresses are unsigned
  }

  /** Sets a word that is read as a float. */
  setFloat(word: number, value: number): void {
    new Float32Array(this.#words.buffer)[word] = value;
  }

  /** Sets a word of a path. */
  setPath(path: number, word: number, value: number): void {
    this.set(FIRST_PATH + path * PATH_WORDS + word, value);
  }

  /** Sets the addresses of parts, view by view, and the channels of each part. */
  setParts(addresses: readonly number[], widths: readonly number[]): void {
    this.#parts = [...addresses.map((each) => each | 0), ...widths];
  }

  /** All words. */
  get words(): Int32Array {
    return Int32Array.of(...this.#words, ...this.#parts);
  }
}
