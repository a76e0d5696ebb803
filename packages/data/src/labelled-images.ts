/** By what images are normalised: (value − mean) / deviation for red, green and blue, of values in 0…1. */
export interface Normalisation {
  /** Mean of red, green and blue over the training split, of values in 0…1. Equal in both splits. */
  readonly channelMeans: readonly number[];
  /** Standard deviation of red, green and blue over the training split, of values in 0…1. Equal in both splits. */
  readonly channelDeviations: readonly number[];
}

/** What a set of images is called, and what each image shows: all of a data set but the images. */
export interface LabelledImages extends Normalisation {
  /** Short name for logs and run folders: `cifar100`, `built-in`. */
  readonly name: string;
  /** Which part of the data it is. */
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
  /** `[category]`: the group it lies in, such as one of the four of the paper's Fig. 7; null outside all. */
  readonly categoryGroups?: readonly (string | null)[] | undefined;
  /** Class of image `index`, 0 to `classes − 1`. */
  label(index: number): number;
  /** Category of image `index`, 0 to `categories − 1`. */
  category(index: number): number;
}
