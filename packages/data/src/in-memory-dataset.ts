/**
 * Labelled square RGB images that are read by index. Bring your own by implementing it: everything in this
 * package that takes a data set takes this interface.
 */
export interface InMemoryDataset {
  /** Short name for logs and run folders: `cifar100`, `built-in`. */
  readonly name: string;
  /** Which part of the data it is. */
  readonly split: 'train' | 'test';
  /** Number of images; indices run from 0 to `size − 1`. */
  readonly size: number;
  /** Width and height in pixels. */
  readonly imageSizePx: number;
  /** Red, green, blue. */
  readonly channels: 3;
  /** Number of classes. */
  readonly classes: number;
  /** Number of categories (superclasses): what the category loss of Eq. 9 predicts. */
  readonly categories: number;
  /** `[class]`. */
  readonly classNames: readonly string[];
  /** `[category]`. */
  readonly categoryNames: readonly string[];
  /** `[category]`: the group it lies in, such as one of the four of the paper's Fig. 7; null outside all. */
  readonly categoryGroups?: readonly (string | null)[];
  /** Mean of red, green and blue over the training split, of values in 0…1. Equal in both splits. */
  readonly channelMeans: readonly number[];
  /** Standard deviation of red, green and blue over the training split, of values in 0…1. Equal in both splits. */
  readonly channelDeviations: readonly number[];
  /** Class of image `index`, 0 to `classes − 1`. */
  label(index: number): number;
  /** Category of image `index`, 0 to `categories − 1`. */
  category(index: number): number;
  /** Image `index` as rows of red, green, blue bytes: `imageSizePx² · 3`. A view; do not write to it. */
  pixels(index: number): Uint8Array;
  /** How hard image `index` was made, 0 to 1; present only where it is known. */
  difficulty?(index: number): number;
}
