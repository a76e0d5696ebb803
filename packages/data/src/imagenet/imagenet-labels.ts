import { categoryOfClass, imagenetCategories, imagenetClasses } from '@dmnn/categories';
import { classNamesOf } from '../class-names-of.js';
import { imagenetNormalisation } from '../decoding/fill-image.js';
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
  /** 0 to 999. */
  readonly label: number;
}

/** A part of a split: the images of a tar archive or a parquet file. */
export interface ImageShard {
  readonly size: number;
  /** Image `index` of the shard, created on request: there may be a million. */
  image(index: number): PlacedImage;
}

/** The ImageNet images of some shards, in order, as image files. */
export function imagenetFiles(
  split: 'train' | 'test',
  layout: NonNullable<ImageFiles['layout']>,
  shards: readonly ImageShard[],
): ImageFiles {
  const { name, classNames, categoryNames, categoryGroups } = imagenetNames();
  const ends: number[] = [];
  for (const shard of shards) ends.push((ends.at(-1) ?? 0) + shard.size);
  const size = ends.at(-1) ?? 0;
  const at = (index: number): PlacedImage => {
    if (!Number.isInteger(index) || index < 0 || index >= size) {
      throw new RangeError(`index: expected an integer from 0 to ${size - 1}, got ${index}`);
    }
    const which = ends.findIndex((end) => index < end);
    const shard = shards[which] as ImageShard;
    return shard.image(index - (ends[which] as number) + shard.size);
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
    label: (index) => at(index).label,
    category: (index) => categoryOfClass(at(index).label),
    file: (index) => at(index).file,
    place: (index) => at(index).place,
    read: (index) => readPlace(at(index).place),
  };
}
