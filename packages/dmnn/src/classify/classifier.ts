import type { ImagePreparation } from '@dmnn/architecture';

/** Result of classifying one image: logits, the sub-blocks that ran, cost and time. */
export interface Classification {
  /** `[class]`, unnormalised. */
  readonly logits: Float32Array;
  /** `[l][n]`: whether sub-block n of gated block l ran. */
  readonly gates: readonly (readonly boolean[])[];
  /** `[l][n]`: probability that its controller opens it, the softmax of its two logits; absent if the engine does not report it. */
  readonly gateProbabilities?: readonly (readonly number[])[] | undefined;
  /** Multiply–accumulates of this image, by the paper's conventions. */
  readonly macs: number;
  /** Wall-clock time of the forward pass and of reading its result. */
  readonly milliseconds: number;
}

/** A network that is ready to classify images, on any engine. */
export interface Classifier {
  /** The architecture's name. */
  readonly name: string;
  /** Side of the square image, in pixels. */
  readonly imageSizePx: number;
  /** How images are prepared. */
  readonly preparation: ImagePreparation;
  /** Class names, `[class]`; absent if unknown. */
  readonly classNames?: readonly string[] | undefined;
  /** Multiply–accumulates with all gates open. */
  readonly fullMacs: number;
  /** Multiply–accumulates of the backbone that the network was divided from. */
  readonly undividedMacs: number;
  /**
   * Classifies one image.
   *
   * @param image - `[H, W, 3]`, prepared; not changed
   */
  classify(image: Float32Array): Promise<Classification>;
  /** Frees the network. */
  close(): Promise<void>;
}
