import type { NetworkData } from '@dmnn/weights';

/** A network, and what is needed to use it on images. */
export interface Model extends NetworkData {
  /** What is taken off red, green and blue, of values in 0…1. */
  readonly channelMeans: readonly number[];
  /** What red, green and blue are divided by after that. */
  readonly channelDeviations: readonly number[];
  /**
   * Pixels to which the shorter side of an image is resized before its middle is cut out; absent: as usual for the data
   * that the network was trained on.
   */
  readonly shorterSidePx?: number | undefined;
  /** `[class]`, if they are known. */
  readonly classNames?: readonly string[] | undefined;
}

/** Where the weights of an imported model come from. */
export interface ImportedFrom {
  /** Name of the file, without its folder. */
  readonly file: string;
  /** Of the file's bytes, in hexadecimal. */
  readonly sha256: string;
  /** Whose names its tensors had: `torchvision`, `timm`, `pytorch-cifar`, `efficientnet-pytorch`, or the file with a map of one's own. */
  readonly names: string;
}
