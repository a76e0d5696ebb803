import { ChannelCounter, type ChannelStatistics } from './channel-statistics.js';
import { DataError } from '../data-error.js';
import type { FoundImages } from '../found-images.js';
import type { InMemoryDataset } from '../in-memory-dataset.js';

/** Width and height of CIFAR's images. */
const CIFAR_SIZE_PX = 32;
const PLANE_BYTES = CIFAR_SIZE_PX * CIFAR_SIZE_PX;
/** Bytes of an image. */
export const IMAGE_BYTES: number = 3 * PLANE_BYTES;

/** The records of files, as labels and images. */
export interface CifarRecords {
  /** `[record]`: classes. */
  readonly labels: Uint8Array;
  /** `[record, 32, 32, 3]`. */
  readonly pixels: Uint8Array;
}

/** Converts the three colour planes of an image to pixels. */
export function interleave(from: Uint8Array, start: number, to: Uint8Array, at: number): void {
  for (let pixel = 0, out = at; pixel < PLANE_BYTES; pixel++, out += 3) {
    to[out] = from[start + pixel] as number;
    to[out + 1] = from[start + PLANE_BYTES + pixel] as number;
    to[out + 2] = from[start + 2 * PLANE_BYTES + pixel] as number;
  }
}

/** What a file of records should be. */
export interface RecordFile {
  readonly file: string;
  readonly records: number;
  readonly recordBytes: number;
  /** What to do about a file that is too long. */
  readonly remedy: string;
}

/** @throws DataError unless a file has exactly the bytes of its records */
export function assertRecordFileSize(size: number, { file, records, recordBytes, remedy }: RecordFile): void {
  const wanted = records * recordBytes;
  if (size === wanted) return;
  const whole = Math.floor(size / recordBytes);
  const expected = `${wanted} bytes (${records} records of ${recordBytes})`;
  if (size < wanted) {
    throw new DataError({
      file,
      record: whole,
      byteOffset: size,
      expected,
      got: `the end of the file after ${size} bytes, inside record ${whole}`,
      remedy: 'The file is truncated: download or unpack it again.',
    });
  }
  const got = `${size} bytes, more than its records need`;
  throw new DataError({ file, record: records, byteOffset: wanted, expected, got, remedy });
}

/** Channel statistics of images. */
export function statisticsOf({ pixels }: CifarRecords): ChannelStatistics {
  const counter = new ChannelCounter();
  counter.add(pixels);
  return counter.statistics();
}

/** What a CIFAR data set is called and divided into. */
export interface CifarNames {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly categoryNames: readonly string[];
  readonly categoryGroups?: readonly (string | null)[] | undefined;
  /** The category of a class. */
  readonly categoryOf: (classIndex: number) => number;
}

/** What a split consists of. */
export interface CifarSplit {
  readonly split: 'train' | 'test';
  readonly records: CifarRecords;
  readonly statistics: ChannelStatistics;
  readonly found?: FoundImages | undefined;
  /** Recorded with a run, which goes on with equal ones only. */
  readonly facts?: InMemoryDataset['facts'];
}

/** A split of CIFAR as a data set in memory. */
export function cifarDataset(
  names: CifarNames,
  { split, records, statistics, found, facts }: CifarSplit,
): InMemoryDataset {
  const { name, classNames, categoryNames, categoryGroups, categoryOf } = names;
  const { labels, pixels } = records;
  const size = labels.length;
  const at = (index: number): number => {
    if (Number.isInteger(index) && index >= 0 && index < size) return index;
    throw new RangeError(`index: expected an integer from 0 to ${size - 1}, got ${index}`);
  };
  const label = (index: number): number => labels[at(index)] as number;
  return {
    name,
    split,
    size,
    imageSizePx: CIFAR_SIZE_PX,
    channels: 3,
    classes: classNames.length,
    categories: categoryNames.length,
    classNames,
    categoryNames,
    categoryGroups,
    channelMeans: statistics.means,
    channelDeviations: statistics.deviations,
    found,
    facts,
    label,
    category: (index) => categoryOf(label(index)),
    pixels: (index) => pixels.subarray(at(index) * IMAGE_BYTES, (index + 1) * IMAGE_BYTES),
  };
}
