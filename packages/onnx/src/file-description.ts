import type { ImagePreparation } from '@dmnn/architecture';

/** What a file of `exportOnnx` says about itself, as JSON under the metadata key `dmnn`. */
export interface FileDescription {
  /** Version of this description. */
  readonly format: 1;
  /** The architecture's name. */
  readonly name: string;
  /** Side of the square image, in pixels. */
  readonly imageSizePx: number;
  readonly inChannels: number;
  readonly classes: number;
  /** `[l]`: sub-blocks of each gated block, whose gates the file gives out; empty if it decides nothing. */
  readonly subBlocks: readonly number[];
  /** The pattern that was frozen, `[l][n]`; absent if none was. */
  readonly frozenGates?: readonly (readonly boolean[])[];
  /** Lanes of the only processors on which the file may run; absent if it runs anywhere. */
  readonly cpuLanes?: 8 | 16;
  /** Multiply–accumulates of an image with all gates closed; of every image, if the file decides nothing. */
  readonly alwaysMacs: number;
  /** `[l][n]`: multiply–accumulates of each sub-block; empty if the file decides nothing. */
  readonly subBlockMacs: readonly (readonly number[])[];
  /** Multiply–accumulates of the backbone that the network was divided from; its own, if it is one. */
  readonly undividedMacs: number;
  /** `[class]`: what the classes are called; absent if whoever exported it did not say. */
  readonly classNames?: readonly string[];
  /** What an image must become; absent if whoever exported it did not say. */
  readonly preparation?: ImagePreparation;
}

/** The metadata key of a {@link FileDescription}. */
export const DESCRIPTION_KEY = 'dmnn';
