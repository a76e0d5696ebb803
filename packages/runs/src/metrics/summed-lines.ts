import crc32c from 'crc-32/crc32c.js';

/** Where a line's checksum stands: the last key of its object, or of the object that is its last value (`clock`). */
export type SumPlace = 'line' | 'clock';

/** A finished line without its checksum. */
interface SummedLine {
  /** From 1. */
  readonly number: number;
  /** Where it begins in the file, in bytes. */
  readonly start: number;
  readonly json: Uint8Array;
}

/** What is wrong with a line. */
export interface LineProblem {
  /** From 1. */
  readonly line: number;
  /** `expected X, got Y` */
  readonly problem: string;
}

/** The lines of a file whose checksums are right or that have none, and what is wrong with the others. */
interface SummedLines {
  readonly lines: readonly SummedLine[];
  readonly problems: readonly LineProblem[];
  /** Where the text after the last line break begins, in bytes: a line that is not finished. */
  readonly end: number;
  /** What the next line's checksum goes on from. */
  readonly sum: number;
}

const newline = 10;
const key = '"crc":"';
const digits = 8;
const closersOf: Readonly<Record<SumPlace, string>> = { line: '"}', clock: '"}}' };

/**
 * A line with a checksum as its last key: CRC32C of all before that key, going on from the checksum of the line before, so
 * that a line that is changed, removed, added or moved is noticed.
 *
 * @param json - an object in one line; for `clock` its last key is `clock`
 * @param before - checksum of the line before; of a file's first line 0
 * @returns the line with its break, and its checksum
 */
export function summedLine(
  json: string,
  place: SumPlace,
  before: number,
): { readonly bytes: Uint8Array; readonly sum: number } {
  const open = json.slice(0, place === 'clock' ? -2 : -1);
  const head = new TextEncoder().encode(`${open}${open.endsWith('{') ? '' : ','}`);
  const sum = crc32c.buf(head, before) >>> 0;
  const tail = new TextEncoder().encode(`${key}${hex(sum)}${closersOf[place]}\n`);
  return { bytes: joined(head, tail), sum };
}

/**
 * Checks the lines of a file. Lines without checksums are those of older versions: before the first one that has a checksum,
 * whose checksum goes on from theirs.
 */
export function summedLines(bytes: Uint8Array, place: SumPlace): SummedLines {
  const lines: SummedLine[] = [];
  const problems: LineProblem[] = [];
  let start = 0;
  let isSummed = false;
  /** One, or two where a line is damaged: as it is written there, and as it should be. */
  let before = [0];
  for (let number = 1; ; number++) {
    const end = bytes.indexOf(newline, start);
    if (end < 0) break;
    const line = bytes.subarray(start, end);
    const found = sumIn(line, place);
    if (found) {
      isSummed = true;
      const sums = before.map((sum) => crc32c.buf(found.head, sum) >>> 0);
      if (found.isExact && sums.includes(found.sum)) {
        lines.push({ number, start, json: withoutSum(found.head, place) });
        before = [found.sum];
      } else {
        problems.push({ line: number, problem: changed(number, found.sum, sums) });
        before = [found.sum, ...sums];
      }
    } else if (isSummed) {
      problems.push({ line: number, problem: 'expected a checksum, as the lines before it have, got none' });
    } else {
      lines.push({ number, start, json: line });
      before = [crc32c.buf(bytes.subarray(start, end + 1), before[0]) >>> 0];
    }
    start = end + 1;
  }
  const rest = bytes.subarray(start);
  // a line that is being written ends in the middle, or before its line break
  if (rest.length > 1 && sumIn(rest.subarray(0, -1), place)) {
    const problem = 'expected a line break after its checksum, got something else';
    problems.push({ line: lines.length + problems.length + 1, problem });
  }
  return { lines, problems, end: start, sum: before[0] ?? 0 };
}

function changed(number: number, written: number, sums: readonly number[]): string {
  const expected = sums.map(hex).join(' or ');
  return `expected checksum ${expected}, got ${hex(written)}: it was changed, or is not the line that followed ${number === 1 ? 'nothing' : `line ${number - 1}`}`;
}

interface FoundSum {
  /** All before the key. */
  readonly head: Uint8Array;
  readonly sum: number;
  /** Whether key and digits are as they are written. */
  readonly isExact: boolean;
}

/** The checksum at the end of a line, also where one character of its key is another: no line without one ends like it. */
function sumIn(line: Uint8Array, place: SumPlace): FoundSum | undefined {
  const closers = closersOf[place];
  const length = key.length + digits + closers.length;
  if (line.length < length) return undefined;
  const text = String.fromCharCode(...line.subarray(line.length - length));
  const value = text.slice(key.length, -closers.length);
  const fixed = text.slice(0, key.length) + text.slice(-closers.length);
  const written = key + closers;
  let wrong = 0;
  for (let index = 0; index < written.length; index++) if (written[index] !== fixed[index]) wrong++;
  if (wrong > 1) return undefined;
  return {
    head: line.subarray(0, line.length - length),
    sum: Number.parseInt(value, 16) >>> 0,
    isExact: wrong === 0 && /^[0-9a-f]{8}$/.test(value),
  };
}

/** A line as it was before {@link summedLine}. */
function withoutSum(head: Uint8Array, place: SumPlace): Uint8Array {
  const text = new TextDecoder().decode(head);
  const added = ',"clock":{';
  if (place === 'clock' && text.endsWith(added)) return closed(head.subarray(0, -added.length), '}');
  return closed(text.endsWith(',') ? head.subarray(0, -1) : head, place === 'clock' ? '}}' : '}');
}

function closed(head: Uint8Array, closers: string): Uint8Array {
  return joined(head, new TextEncoder().encode(closers));
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function hex(sum: number): string {
  return sum.toString(16).padStart(digits, '0');
}
