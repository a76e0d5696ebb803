import { categoryOfClass, imagenetCategories, imagenetClasses } from '@dmnn/categories';
import { classNamesOf } from '../class-names-of.js';
import type { FoundImages } from '../found-images.js';
import type { ImageFiles } from '../image-files.js';
import { type ImageShard, type ShardNames, shardFiles } from '../shards/shard-files.js';

/** Wnids in class order: `n01440764`, … */
export function imagenetWnids(): string[] {
  return imagenetClasses.map(({ wnid }) => wnid);
}

/**
 * The names of ImageNet's classes, their categories and the groups of the categories; the same even if some classes
 * are missing.
 */
export function imagenetNames(): ShardNames {
  return {
    name: 'imagenet',
    classNames: classNamesOf('imagenet') ?? [],
    categoryNames: imagenetCategories.map(({ name }) => name),
    categoryGroups: imagenetCategories.map(({ group }) => group),
    categoryOfClass,
  };
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
  passed?: Omit<FoundImages, 'classes'>,
): ImageFiles {
  return shardFiles(imagenetNames(), { split, layout, shards, passed });
}
