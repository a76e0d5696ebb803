import type { OpenPattern } from './random-pattern.js';

/** A network that is ready to be timed. */
export interface Contestant {
  /** Runs the batch once and reads its logits. */
  run(): Promise<void>;
  release(): Promise<void>;
}

/** Something that runs a network and the backbone that it was divided from, on a batch of images. */
export interface BenchEngine {
  /** `onnx`, `tfjs-wasm-skipping` */
  readonly name: string;
  /** Images per batch. */
  readonly batch: number;
  /** The undivided backbone. */
  undivided(): Promise<Contestant>;
  /** The dynamic network; image b opens `patterns[b]`. Its controllers run too. */
  dynamic(patterns: readonly OpenPattern[]): Promise<Contestant>;
}
