import { numberIn } from './tar-header.js';

/**
 * Whether the pairs of offset and length in a block of an old GNU sparse member are numbers.
 *
 * @param from - where the first pair begins
 * @param pairs - how many there are
 */
export function isGnuSparseMap(block: Buffer, from: number, pairs: number): boolean {
  for (let at = from; at < from + 24 * pairs; at += 12) {
    if (numberIn(block, at, at + 12) === undefined) return false;
  }
  return true;
}

/** Whether what an extended header says of a sparse member is what it should be: sizes, and a map of the versions 0.0 and 0.1. */
export function isPaxSparse(records: ReadonlyMap<string, string>): boolean {
  const shapes: { readonly [key: string]: RegExp } = {
    'GNU.sparse.size': /^\d+$/,
    'GNU.sparse.realsize': /^\d+$/,
    'GNU.sparse.numblocks': /^\d+$/,
    'GNU.sparse.offset': /^\d+$/,
    'GNU.sparse.numbytes': /^\d+$/,
    'GNU.sparse.map': /^\d+(,\d+)*$/,
  };
  return Object.entries(shapes).every(([key, shape]) => shape.test(records.get(key) ?? '0'));
}

/** Whether the content of a sparse member begins with its map, as in version 1.0. */
export function hasMapInContent(records: ReadonlyMap<string, string>): boolean {
  return records.get('GNU.sparse.major') === '1' && records.get('GNU.sparse.minor') === '0';
}

/** Whether a content begins with a map of version 1.0: the number of pairs, then their numbers, each on a line. */
export function beginsWithSparseMap(content: Buffer): boolean {
  let at = 0;
  const line = (): number | undefined => {
    const end = content.indexOf(0x0a, at);
    const text = end < 0 ? '' : content.toString('latin1', at, end);
    at = end + 1;
    return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  };
  const pairs = line();
  if (pairs === undefined || pairs > content.length) return false;
  for (let i = 0; i < 2 * pairs; i++) if (line() === undefined) return false;
  return true;
}
