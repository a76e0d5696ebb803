import type { ImagePreparation } from '@dmnn/architecture';
import type { Combination, ConfidenceMeasure } from '@dmnn/confidence';

/** A stage of a file: an exit or the head of one of its networks. */
export interface FileStage {
  /** Index of its network. */
  readonly part: number;
  /** Index of the exit; absent if it is the network's head. */
  readonly exit?: number;
  /** Multiply–accumulates of an image that stops here, with all gates closed: of all stages up to this one. */
  readonly alwaysMacs: number;
  /** Number of gated blocks up to here; gates of later ones are closed for an image that stops here. */
  readonly gatedBlocks: number;
  readonly temperature: number;
  /** An image stops here if its confidence is at least this; absent for the last stage. */
  readonly threshold?: number;
}

/** The stages of a file of `exportCascade`, at the first of which that is sure enough an image stops. */
export interface FileCascade {
  /** Names of the networks. */
  readonly parts: readonly string[];
  readonly by: ConfidenceMeasure;
  readonly combine: Combination;
  readonly stages: readonly FileStage[];
}

/** The description that `exportOnnx` and `exportCascade` store in a file, as JSON under the metadata key `dmnn`. */
export interface FileDescription {
  /** Version of this description. */
  readonly format: 1;
  /** The architecture's name; of several networks, those joined by ` then `. */
  readonly name: string;
  /** Side of the square image, in pixels. */
  readonly imageSizePx: number;
  readonly inChannels: number;
  readonly classes: number;
  /**
   * `[l]`: number of sub-blocks of each gated block, the lengths of the rows of `gates`; empty if the file has no
   * gates.
   */
  readonly subBlocks: readonly number[];
  /** The frozen gate pattern, `[l][n]`; absent if gates are not frozen. */
  readonly frozenGates?: readonly (readonly boolean[])[];
  /** Required lanes of the processor; absent if the file runs on any processor. */
  readonly cpuLanes?: 8 | 16;
  /** How maps and filters are kept; absent: in float32. */
  readonly precision?: 'int8';
  /**
   * Multiply–accumulates per image with all gates closed, or of every image if the file has no gates; in a file of stages,
   * of an image that goes through all of them.
   */
  readonly alwaysMacs: number;
  /** `[l][n]`: multiply–accumulates of each sub-block; empty if the file has no gates. */
  readonly subBlockMacs: readonly (readonly number[])[];
  /**
   * Multiply–accumulates of the undivided backbone; the network's own if it is not divided, the last network's in a
   * cascade.
   */
  readonly undividedMacs: number;
  /** `[class]`: names of the classes; absent if not set at export. */
  readonly classNames?: readonly string[];
  /** How an image must be prepared; absent if not set at export. */
  readonly preparation?: ImagePreparation;
  /** Where images may stop; absent if all run to the end. */
  readonly cascade?: FileCascade;
}

/** The metadata key of a {@link FileDescription}. */
export const DESCRIPTION_KEY = 'dmnn';
