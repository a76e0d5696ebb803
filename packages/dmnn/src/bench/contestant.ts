import type { OpenPattern } from './random-pattern.js';

/** A network that is ready to be timed. */
export interface Contestant {
  /** Runs the batch once, to the numbers of its logits. */
  run(): Promise<void>;
  release(): Promise<void>;
}

/** Something that runs a network and the backbone that it was divided from, on a batch of images. */
export interface BenchEngine {
  /** `onnx`, `tfjs-wasm-skipping` */
  readonly name: string;
  /** Images at once. */
  readonly batch: number;
  /** The undivided backbone. */
  undivided(): Promise<Contestant>;
  /** The dynamic network; image b opens `patterns[b]`. Its controllers run all the same. */
  dynamic(patterns: readonly OpenPattern[]): Promise<Contestant>;
}
