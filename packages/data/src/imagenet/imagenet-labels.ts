import { categoryOfClass, imagenetCategories, imagenetClasses } from '@dmnn/categories';
import { classNamesOf } from '../class-names-of.js';
import { imagenetNormalisation } from '../decoding/fill-image.js';
import type { FoundImages } from '../found-images.js';
import type { ImageFiles } from '../image-files.js';
import { type ImagePlace, readPlace } from '../places/image-place.js';

/** Wnids in class order: `n01440764`, … */
export function imagenetWnids(): string[] {
  return imagenetClasses.map(({ wnid }) => wnid);
}

/**
 * The names of ImageNet's classes, their categories and the groups of the categories; the same even if some classes
 * are missing.
 */
export function imagenetNames(): {
  name: string;
  classNames: readonly string[];
  categoryNames: readonly string[];
  categoryGroups: readonly (string | null)[];
  categoryOfClass: (label: number) => number;
} {
  return {
    name: 'imagenet',
    classNames: classNamesOf('imagenet') ?? [],
    categoryNames: imagenetCategories.map(({ name }) => name),
    categoryGroups: imagenetCategories.map(({ group }) => group),
    categoryOfClass,
  };
}

/** An ImageNet image in a shard. */
interface PlacedImage {
  readonly place: ImagePlace;
  /** For messages: the shard and the entry in it. */
  readonly file: string;
}

/** A part of a split: the images of a tar archive or a parquet file. */
export interface ImageShard {
  readonly size: number;
  /** `[image]`: 0 to 999. */
  readonly labels: ArrayLike<number>;
  /** Image `index` of the shard, created on request: there may be a million. */
  image(index: number): PlacedImage;
}

/**
 * The ImageNet images of some shards, in order, as image files.
 *
 * @param passed - what was passed over, and remarks
 */
export function imagenetFiles(
  split: 'train' | 'test',
  layout: NonNullable<ImageFiles['layout']>,
  shards: readonly ImageShard[],
  passed: Omit<FoundImages, 'classes'> = { passedOver: [], remarks: [] },
): ImageFiles {
  const { name, classNames, categoryNames, categoryGroups } = imagenetNames();
  /** `[shard]`: index of the first image of the next one. */
  const ends: number[] = [];
  const classes = new Set<number>();
  for (const { size, labels } of shards) {
    ends.push((ends.at(-1) ?? 0) + size);
    for (let i = 0; i < size; i++) classes.add(labels[i] as number);
  }
  const size = ends.at(-1) ?? 0;
  const at = (index: number): { readonly shard: ImageShard; readonly within: number } => {
    if (!Number.isInteger(index) || index < 0 || index >= size) {
      throw new RangeError(`index: expected an integer from 0 to ${size - 1}, got ${index}`);
    }
    const which = shardOf(index, ends);
    const shard = shards[which] as ImageShard;
    return { shard, within: index - (ends[which] as number) + shard.size };
  };
  const imageAt = (index: number): PlacedImage => {
    const { shard, within } = at(index);
    return shard.image(within);
  };
  const label = (index: number): number => {
    const { shard, within } = at(index);
    return shard.labels[within] as number;
  };
  return {
    name,
    split,
    layout,
    size,
    classes: classNames.length,
    categories: categoryNames.length,
    classNames,
    categoryNames,
    categoryGroups,
    ...imagenetNormalisation,
    found: { classes: classes.size, ...passed },
    label,
    category: (index) => categoryOfClass(label(index)),
    file: (index) => imageAt(index).file,
    place: (index) => imageAt(index).place,
    read: (index) => readPlace(imageAt(index).place),
  };
}

/** The first shard that ends after an image, by bisection: there may be a thousand. */
function shardOf(index: number, ends: readonly number[]): number {
  let [from, to] = [0, ends.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (index < (ends[middle] as number)) to = middle;
    else from = middle + 1;
  }
  return from;
}
