import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { writeFileDurably } from '@dmnn/foundation/node';
import type { PassedOver } from '../found-images.js';

/** What a shard holds, stored so that it is scanned only once. */
export interface ShardIndex {
  /** The archive's file name. */
  readonly name: string;
  /** Its size. */
  readonly bytes: number;
  /** When it was last written. */
  readonly modifiedMs: number;
  /** `[image]`, like the other arrays. */
  readonly paths: readonly string[];
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  /** Classes of ImageNet, or indices of `classNames`. */
  readonly labels: readonly number[];
  /** What gives the classes, if they are not ImageNet's. */
  readonly classNames?: readonly string[] | undefined;
  /** Members that are no images. */
  readonly passedOver: readonly PassedOver[];
  readonly remarks: readonly string[];
}

/** Since 2, what belongs to an image is found by other rules; since 3, there is a digest. */
const FORMAT = 3;
const CLASSES = 1000;

/** Name of the stored index of the archives in a folder. */
export function tarIndexName(split: 'train' | 'test', whose: 'imagenet' | 'own' = 'imagenet'): string {
  return `.dmnn-${whose === 'own' ? 'own-' : ''}index-${split}.json`;
}

/** The stored indexes by archive, and why some or all of them are not used. */
export interface StoredIndexes {
  readonly shards: ReadonlyMap<string, ShardIndex>;
  /** Undefined if the file is intact or there is none. */
  readonly problem: string | undefined;
}

/** Reads the stored index. It is not used if its content does not have its digest; what does not have its shape is left out. */
export async function readIndexes(file: string): Promise<StoredIndexes> {
  const none = new Map<string, ShardIndex>();
  try {
    if (!(await stat(file)).isFile()) return { shards: none, problem: 'it is no file' };
  } catch {
    return { shards: none, problem: undefined }; // the first time
  }
  try {
    const text = await readFile(file, 'utf8');
    const [, format, sha256, content = ''] = /^\{"format":(\d+),(?:"sha256":"(\w{64})",)?"shards":(.*)\}$/s.exec(text) ?? []; // prettier-ignore
    if (format !== undefined && Number(format) !== FORMAT)
      return { shards: none, problem: 'it has another format' };
    // whatever has been changed in it: offsets, lengths and classes that would be possible too
    if (sha256 !== digestOf(content)) return { shards: none, problem: 'it is damaged' };
    const shards: unknown = JSON.parse(content);
    if (!Array.isArray(shards)) return { shards: none, problem: 'it is damaged' };
    const valid = shards.filter(isShardIndex);
    return {
      shards: new Map(valid.map((shard) => [shard.name, shard])),
      problem: valid.length < shards.length ? 'it is damaged' : undefined,
    };
  } catch {
    return { shards: none, problem: 'it is damaged' };
  }
}

/** Stores the indexes. @returns why it is not possible, if it is not */
export async function writeIndexes(file: string, shards: readonly ShardIndex[]): Promise<string | undefined> {
  try {
    const content = JSON.stringify(shards);
    await writeFileDurably(file, `{"format":${FORMAT},"sha256":"${digestOf(content)}","shards":${content}}`);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}

function isShardIndex(value: unknown): value is ShardIndex {
  if (typeof value !== 'object' || value === null) return false;
  const { name, bytes, modifiedMs, paths, offsets, lengths, labels, classNames, passedOver, remarks } =
    value as {
      readonly [key in keyof ShardIndex]?: unknown;
    };
  if (typeof name !== 'string' || typeof modifiedMs !== 'number' || !isCount(bytes)) return false;
  if (classNames !== undefined && !isTexts(classNames)) return false;
  const count = classNames?.length ?? CLASSES;
  const columns = [paths, offsets, lengths, labels];
  if (!columns.every((column) => Array.isArray(column))) return false;
  const [names, starts, sizes, classes] = columns as unknown[][] as [
    unknown[],
    unknown[],
    unknown[],
    unknown[],
  ];
  return (
    [starts, sizes, classes].every((column) => column.length === names.length) &&
    names.every((path) => typeof path === 'string') &&
    new Set(names).size === names.length &&
    classes.every((label) => isCount(label) && label < count) &&
    starts.every((start, i) => {
      const size = sizes[i];
      // members lie on blocks, each behind its header
      return isCount(start) && isCount(size) && start >= 512 && start % 512 === 0 && start + size <= bytes;
    }) &&
    Array.isArray(passedOver) &&
    passedOver.every(isPassedOver) &&
    Array.isArray(remarks) &&
    remarks.every((remark) => typeof remark === 'string')
  );
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function isPassedOver(value: unknown): value is PassedOver {
  if (typeof value !== 'object' || value === null) return false;
  const { reason, unit, extension, count, example } = value as {
    readonly [key in keyof PassedOver]?: unknown;
  };
  return (
    typeof reason === 'string' &&
    (unit === 'file' || unit === 'member' || unit === 'folder') &&
    (extension === undefined || typeof extension === 'string') &&
    isCount(count) &&
    typeof example === 'string'
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
