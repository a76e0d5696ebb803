import { imagenetNormalisation } from '../decoding/fill-image.js';
import type { FoundImages } from '../found-images.js';
import type { ImageFiles } from '../image-files.js';
import { type ImagePlace, readPlace } from '../places/image-place.js';

/** An image in a shard. */
interface PlacedImage {
  readonly place: ImagePlace;
  /** For messages: the shard and the entry in it. */
  readonly file: string;
}

/** A part of a split: the images of a tar archive or a parquet file. */
export interface ImageShard {
  readonly size: number;
  /** `[image]`: its class. */
  readonly labels: ArrayLike<number>;
  /** Image `index` of the shard, created on request: there may be a million. */
  image(index: number): PlacedImage;
}

/** Names of classes and categories of images in shards. */
export interface ShardNames {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly categoryNames: readonly string[];
  readonly categoryGroups?: readonly (string | null)[] | undefined;
  readonly categoryOfClass: (label: number) => number;
}

/** Images in shards, and where they come from. */
interface ShardImages {
  readonly split: 'train' | 'test';
  readonly layout: NonNullable<ImageFiles['layout']>;
  readonly shards: readonly ImageShard[];
  /** What was passed over, and remarks. */
  readonly passed?: Omit<FoundImages, 'classes'> | undefined;
}

/** The images of some shards, in order, as image files. */
export function shardFiles(
  { name, classNames, categoryNames, categoryGroups, categoryOfClass }: ShardNames,
  { split, layout, shards, passed = { passedOver: [], remarks: [] } }: ShardImages,
): ImageFiles {
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
