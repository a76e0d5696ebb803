import type { ImagePreparation } from '@dmnn/architecture';

/** The description that `exportOnnx` stores in a file, as JSON under the metadata key `dmnn`. */
export interface FileDescription {
  /** Version of this description. */
  readonly format: 1;
  /** The architecture's name. */
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
  /** Multiply–accumulates per image with all gates closed, or of every image if the file has no gates. */
  readonly alwaysMacs: number;
  /** `[l][n]`: multiply–accumulates of each sub-block; empty if the file has no gates. */
  readonly subBlockMacs: readonly (readonly number[])[];
  /** Multiply–accumulates of the undivided backbone; the network's own if it is not divided. */
  readonly undividedMacs: number;
  /** `[class]`: names of the classes; absent if not set at export. */
  readonly classNames?: readonly string[];
  /** How an image must be prepared; absent if not set at export. */
  readonly preparation?: ImagePreparation;
}

/** The metadata key of a {@link FileDescription}. */
export const DESCRIPTION_KEY = 'dmnn';
