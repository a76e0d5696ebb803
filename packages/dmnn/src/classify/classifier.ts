import type { ImagePreparation } from '@dmnn/architecture';
import type { CostedStage, ExitSettings } from '@dmnn/confidence';

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
  /** The stage that answered, from 0; absent if images cannot stop before the end. */
  readonly stage?: number | undefined;
  /** How sure the answer is, from 0 to 1; absent as `stage` is. */
  readonly confidence?: number | undefined;
  /** Of a cascade: all stages that the image went through; absent if the engine does not report them. */
  readonly stages?: readonly CostedStage[] | undefined;
}

/** What a network with exits says of one image that may stop at them. */
export interface StagedClassification extends Classification {
  /** Logits of each stage that ran. */
  readonly stageLogits?: readonly Float32Array[] | undefined;
  /** Multiply–accumulates until each of them. */
  readonly stageMacs?: readonly number[] | undefined;
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

/** A network that lets images stop at its exits. */
export interface StagedClassifier extends Classifier {
  /** Number of exits. */
  readonly exits: number;
  /** @param exits - undefined: the image goes to the end */
  classify(image: Float32Array, exits?: ExitSettings): Promise<StagedClassification>;
}

/** What classifies files: a network, or a cascade of them, each of which prepares images in its own way. */
export interface FileClassifier {
  readonly name: string;
  /** Class names, `[class]`; absent if unknown. */
  readonly classNames?: readonly string[] | undefined;
  /** Multiply–accumulates of the backbone that the network was divided from; of a cascade's last one. */
  readonly undividedMacs: number;
  /** `[stage]`: where images may stop; absent if nowhere. */
  readonly stageNames?: readonly string[] | undefined;
  /**
   * Reads and classifies one image.
   *
   * @throws as `readImage`, if the file is not an image that can be read
   */
  classifyFile(file: string): Promise<Classification>;
  /** Frees the networks. */
  close(): Promise<void>;
}
