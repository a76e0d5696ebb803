import type { FoundImages } from './found-images.js';

/**
 * The channel statistics that normalise images: (value − mean) / deviation for red, green and blue, with values in
 * 0…1.
 */
export interface Normalisation {
  /** Mean of red, green and blue over the training split, of values in 0…1. Equal in both splits. */
  readonly channelMeans: readonly number[];
  /** Standard deviation of red, green and blue over the training split, of values in 0…1. Equal in both splits. */
  readonly channelDeviations: readonly number[];
}

/** Names and labels of a set of images: everything in a data set except the images. */
export interface LabelledImages extends Normalisation {
  /** Short name for logs and run folders: `cifar100`, `built-in`. */
  readonly name: string;
  /** Which split of the data this is. */
  readonly split: 'train' | 'test';
  /** Number of images; indices run from 0 to `size − 1`. */
  readonly size: number;
  /** Number of classes. */
  readonly classes: number;
  /** Number of categories (superclasses): what the category loss of Eq. 9 predicts. */
  readonly categories: number;
  /** `[class]`. */
  readonly classNames: readonly string[];
  /** `[category]`. */
  readonly categoryNames: readonly string[];
  /** `[category]`: its group, such as one of the four in the paper's Fig. 7; null if it has none. */
  readonly categoryGroups?: readonly (string | null)[] | undefined;
  /** `[class]`: its category, if classes were given other categories than the data's own; recorded with a run. */
  readonly categoryOfClass?: readonly number[] | undefined;
  /** What its loader found and passed over; for data sets of files. */
  readonly found?: FoundImages | undefined;
  /** Class of image `index`, 0 to `classes − 1`. */
  label(index: number): number;
  /** Category of image `index`, 0 to `categories − 1`. */
  category(index: number): number;
}
