/** A network's outputs for one image, and their cost. */
export interface Inference {
  /** `[classes]`, unnormalised. */
  readonly logits: Float32Array;
  /** `[l][n]`: whether sub-block n of gated block l ran. Empty for a static network. */
  readonly gates: readonly (readonly boolean[])[];
  /** Multiply–accumulates of this image, under `paperConventions` of `@dmnn/flops`. */
  readonly macs: number;
  /** The stage that answered, from 0: an exit, or a network of a cascade. Absent if images cannot stop before the end. */
  readonly stage?: number;
  /** How sure the answer is, from 0 to 1, by the measure that decides where images stop. Absent as `stage` is. */
  readonly confidence?: number;
}

/** Memory layout of an image: pixel by pixel, `[H, W, C]`, or channel by channel, `[C, H, W]`. */
export type ImageLayout = 'hwc' | 'chw';
