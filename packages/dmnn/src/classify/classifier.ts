import type { ImagePreparation } from '@dmnn/architecture';

/** What a network says about one image, what ran for it, and what that took. */
export interface Classification {
  /** `[class]`, unnormalised. */
  readonly logits: Float32Array;
  /** `[l][n]`: whether sub-block n of gated block l ran. */
  readonly gates: readonly (readonly boolean[])[];
  /** `[l][n]`: with what probability its controller opens it, the softmax of its two logits; absent where an engine does not tell. */
  readonly gateProbabilities?: readonly (readonly number[])[];
  /** Multiply–accumulates of this image, by the paper's conventions. */
  readonly macs: number;
  /** Wall-clock time of the forward pass and of reading its result. */
  readonly milliseconds: number;
}

/** A network that is ready to look at images, whatever runs it. */
export interface Classifier {
  /** The architecture's name. */
  readonly name: string;
  /** Side of the square image, in pixels. */
  readonly imageSizePx: number;
  /** What an image must become. */
  readonly preparation: ImagePreparation;
  /** `[class]`; absent if nobody knows what they are called. */
  readonly classNames?: readonly string[] | undefined;
  /** Multiply–accumulates with all gates open. */
  readonly fullMacs: number;
  /** Multiply–accumulates of the backbone that the network was divided from. */
  readonly undividedMacs: number;
  /**
   * Looks at one image.
   *
   * @param image - `[H, W, 3]`, prepared; not changed
   */
  classify(image: Float32Array): Promise<Classification>;
  /** Frees the network. */
  close(): Promise<void>;
}
