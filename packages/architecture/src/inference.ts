/** A network's outputs for one image, and their cost. */
export interface Inference {
  /** `[classes]`, unnormalised. */
  readonly logits: Float32Array;
  /** `[l][n]`: whether sub-block n of gated block l ran. Empty for a static network. */
  readonly gates: readonly (readonly boolean[])[];
  /** Multiply–accumulates of this image, under `paperConventions` of `@dmnn/flops`. */
  readonly macs: number;
}

/** Memory layout of an image: pixel by pixel, `[H, W, C]`, or channel by channel, `[C, H, W]`. */
export type ImageLayout = 'hwc' | 'chw';
