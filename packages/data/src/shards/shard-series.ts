import { basename, dirname, extname, join } from 'node:path';
import { DataError } from '../data-error.js';
import { shownPath } from '../system-path.js';

/** Files that differ in their number only. */
interface Series {
  /** `train-NUMBER-of-00014.parquet` */
  readonly pattern: string;
  /** Numbers as they are written in the names. */
  readonly numbers: string[];
  /** How many there are, as the names say. */
  readonly total: number | undefined;
}

/**
 * What is missing in series of files, `NAME-00000-of-00014.parquet` or `NAME-000000.tar`: a sentence for each series of which
 * not all are there, since a part of a data set may be meant.
 *
 * @throws DataError if names contradict each other: two of the same number, other totals, a number beyond the total
 */
export function missingInSeries(files: readonly string[]): string[] {
  const [first] = files;
  if (first === undefined) return [];
  const names = files.map((file) => basename(file));
  const counted = new Map<string, Series>();
  const totals = new Map<string, string>();
  const numbered = new Map<string, Series>();
  for (const name of names) {
    const [, start, number = '', total, rest = ''] = /^(.*?)(\d+)-of-(\d+)(.*)$/i.exec(name) ?? [];
    if (total === undefined) {
      const plain = plainNumber(name);
      if (plain) add(numbered, plain.key, { ...plain, total: undefined });
      continue;
    }
    // the hub adds a part of a digest to the names
    const end = rest.replace(/^-[0-9a-f]{6,}(?=\.)/, '');
    const key = `${start} ${end}`;
    const before = totals.get(key);
    if (before !== undefined && Number(before) !== Number(total)) {
      throw contradiction(dirname(first), 'files of one series', `some of ${before} and some of ${total}`);
    }
    totals.set(key, total);
    add(counted, key, { pattern: `${start}NUMBER-of-${total}${end}`, number, total: Number(total) });
  }
  for (const { pattern, numbers, total = 0 } of counted.values()) {
    const values = numbers.map(Number);
    const twice = numbers.find((_, i) => values.indexOf(values[i] as number) < i);
    if (twice !== undefined) {
      throw contradiction(join(dirname(first), pattern), 'each number once', `${twice} twice`);
    }
    const last = values.includes(0) ? total - 1 : total;
    const beyond = numbers.find((_, i) => (values[i] as number) > last);
    if (beyond !== undefined) {
      throw contradiction(join(dirname(first), pattern), `numbers up to ${last}`, beyond);
    }
  }
  return [...[...counted.values()].map(missingOfTotal), ...[...numbered.values()].map(missingBetween)].filter(
    (remark) => remark !== undefined,
  );
}

function add(
  all: Map<string, Series>,
  key: string,
  { pattern, number, total }: Omit<Series, 'numbers'> & { readonly number: string },
): void {
  const series = all.get(key) ?? { pattern, numbers: [], total };
  series.numbers.push(number);
  all.set(key, series);
}

/** The number at the end of a name, unless it is a wnid or so long that it is a date or a digest. */
function plainNumber(
  name: string,
): { readonly key: string; readonly pattern: string; readonly number: string } | undefined {
  const end = extname(name);
  const [, start, number] = /^(.*?)(\d{1,7})$/.exec(name.slice(0, name.length - end.length)) ?? [];
  if (start === undefined || number === undefined || /\d$|^n$/.test(start)) return undefined;
  return { key: `${start} ${end}`, pattern: `${start}NUMBER${end}`, number };
}

function missingOfTotal({ pattern, numbers, total = 0 }: Series): string | undefined {
  if (numbers.length === total) return undefined;
  const start = numbers.some((number) => Number(number) === 0) || !numbers.some((number) => Number(number) === total) ? 0 : 1; // prettier-ignore
  return `${shownPath(pattern)}: only ${numbers.length} of ${total} files are there; ${missing(numbers, start, start + total - 1)}.`;
}

function missingBetween({ pattern, numbers }: Series): string | undefined {
  if (numbers.length < 2) return undefined;
  const values = numbers.map(Number);
  const [least, largest] = [Math.min(...values), Math.max(...values)];
  // some count from 0, some from 1
  const start = least <= 1 ? least : 0;
  if (largest - start + 1 <= new Set(values).size) return undefined;
  return `${shownPath(pattern)}: the numbers of the ${numbers.length} files go up to ${largest}, but not all are there; ${missing(numbers, start, largest)}.`;
}

/** `1 is missing: 00001` */
function missing(numbers: readonly string[], from: number, to: number): string {
  const there = new Set(numbers.map(Number));
  const width = Math.min(...numbers.map((number) => number.length));
  const examples: string[] = [];
  for (let number = from; number <= to && examples.length < 5; number++) {
    if (!there.has(number)) examples.push(String(number).padStart(width, '0'));
  }
  const count = to - from + 1 - [...there].filter((number) => number >= from && number <= to).length;
  return `${count} ${count === 1 ? 'is' : 'are'} missing: ${examples.join(', ')}${count > examples.length ? ', …' : ''}`;
}

function contradiction(file: string, expected: string, got: string): DataError {
  const remedy = 'Remove the files that do not belong to the data set.';
  return new DataError({ file, expected, got, remedy });
}
