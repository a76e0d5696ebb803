import { closeAfter } from '@dmnn/foundation';
import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { DataError } from '../data-error.js';
import { otherFormat } from '../found/other-format.js';
import { systemPath } from '../system-path.js';
import { type ParquetColumn, type ParquetFooter, readFooter } from './footer.js';
import { type ChunkPages, type ReadRange, findPages, readDictionary, readPage } from './pages.js';
import { ParquetProblem } from './parquet-error.js';
import type { ParquetValue } from './values.js';
import { systemReason } from '@dmnn/foundation/node';

/** A parquet file that is open: its footer is known and right. */
export interface ParquetFile {
  readonly path: string;
  /** Its size and date, as a text. */
  readonly version: string;
  /** Different each time that a file is opened. */
  readonly opening: number;
  readonly footer: ParquetFooter;
  readonly read: ReadRange;
  /** By group and column, as they are found. */
  readonly pages: Map<string, Promise<ChunkPages>>;
}

/** Footers are read once per thread; they are small compared with the images. Bounded, for a process that opens many. */
const opened = new Map<string, { readonly version: string; readonly file: Promise<ParquetFile> }>();
const MOST_OPENED = 2048;
let openings = 0;

const MAGIC = 'PAR1';
const ENCRYPTED = 'PARE';

/**
 * Opens a parquet file, or takes the one that is open, unless it has changed.
 *
 * @param version - of the file that is meant, which is not asked of the system again then; default: as it is now
 * @throws DataError if it cannot be read, or has another version
 */
export function openParquetFile(path: string, version?: string): Promise<ParquetFile> {
  return parquetError(path, undefined, async () => {
    const before = opened.get(path);
    if (before && before.version === version) return before.file;
    const { size, mtimeMs } = await plainFile(path);
    const current = `${size} bytes of ${mtimeMs}`;
    if (version !== undefined && version !== current) {
      const remedy = 'Open the data set again: its labels may be others.';
      throw new ParquetProblem('the file as it was when the data set was opened', 'another one', remedy);
    }
    const known = opened.get(path);
    if (known?.version === current) return known.file;
    const file = openNow(path, size, current);
    if (opened.size >= MOST_OPENED) opened.clear();
    opened.set(path, { version: current, file });
    file.catch(() => opened.delete(path)); // it may be readable next time
    return file;
  });
}

async function openNow(path: string, size: number, version: string): Promise<ParquetFile> {
  const read: ReadRange = (start, end) => readRange(path, start, end);
  const [head, tail] = [await read(0, Math.min(4, size)), await read(Math.max(0, size - 8), size)];
  const [first, last] = [ascii(head), ascii(tail.subarray(-4))];
  if (size < 12 || last !== MAGIC || (first !== MAGIC && first !== ENCRYPTED)) {
    if (last === ENCRYPTED) throw new ParquetProblem('a file that is not encrypted', 'an encrypted one');
    const expected = 'a parquet file, which begins and ends with PAR1';
    const other = otherFormat(await read(0, Math.min(1024, size)), 'parquet', path);
    if (other) throw new ParquetProblem(expected, other.name, other.remedy);
    const cut = first === MAGIC ? 'a file that ends with other bytes' : 'a file that begins with other bytes';
    throw new ParquetProblem(expected, cut);
  }
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (length > size - 12) throw new ParquetProblem(`a footer within ${size} bytes`, `one of ${length}`);
  const dataEnd = size - 8 - length;
  const footer = readFooter(await read(dataEnd, size - 8), dataEnd);
  return { path, version, opening: openings++, footer, read, pages: new Map() };
}

/** The column with this path, `image.bytes`. */
export function columnIndex({ footer }: ParquetFile, path: string): number {
  return footer.columns.findIndex((column) => column.path.join('.') === path);
}

/** Calls `each` with every value of a column and its row. @throws DataError if the file cannot be read or is damaged */
export async function readColumn(
  file: ParquetFile,
  column: number,
  each: (value: ParquetValue | null, row: number) => void,
): Promise<void> {
  let row = 0;
  for (let group = 0; group < file.footer.groups.length; group++) {
    await parquetError(file.path, undefined, async () => {
      const pages = await pagesOf(file, group, column);
      const dictionary = await readDictionary(file.read, pages);
      for (const page of pages.data) {
        for (const value of await readPage(file.read, page, pages.chunk, dictionary)) each(value, row++);
      }
    });
  }
}

/** The last page that was read: the next row is likely in it. */
let latest: { readonly key: string; readonly values: Promise<readonly (ParquetValue | null)[]> } | undefined;

/** The value of a column in a row. @throws DataError if the file cannot be read or is damaged */
export async function readValue(
  file: ParquetFile,
  column: number,
  row: number,
): Promise<ParquetValue | null> {
  return parquetError(file.path, row, async () => {
    let inGroup = row;
    let group = 0;
    for (const { rows } of file.footer.groups) {
      if (inGroup < rows) break;
      inGroup -= rows;
      group++;
    }
    if (group === file.footer.groups.length) throw noRow(file, row);
    const pages = await pagesOf(file, group, column);
    const which = pages.data.findIndex(({ endRow }) => inGroup < endRow);
    const page = pages.data[which];
    if (!page) throw noRow(file, row);
    const key = [file.opening, group, column, which].join(' ');
    if (latest?.key !== key) {
      latest = {
        key,
        values: readDictionary(file.read, pages).then((dictionary) =>
          readPage(file.read, page, pages.chunk, dictionary),
        ),
      };
    }
    return (await latest.values)[inGroup - page.firstRow] as ParquetValue | null;
  });
}

function noRow({ footer }: ParquetFile, row: number): ParquetProblem {
  return new ParquetProblem(`a row below ${footer.rows}`, `${row}`);
}

function pagesOf(file: ParquetFile, group: number, column: number): Promise<ChunkPages> {
  const key = `${group} ${column}`;
  const known = file.pages.get(key);
  if (known) return known;
  const chunk = file.footer.groups[group]?.chunks[column];
  if (!chunk) throw new ParquetProblem(`a column below ${file.footer.columns.length}`, `${column}`);
  const finding = findPages(file.read, chunk);
  file.pages.set(key, finding);
  finding.catch(() => file.pages.delete(key));
  return finding;
}

/** What `read` returns; what is wrong with the content, or keeps it from being read, as a `DataError`. */
export async function parquetError<Result>(
  file: string,
  record: number | undefined,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    if (cause instanceof ParquetProblem) {
      const { expected, got, remedy = 'Download the file again, or write it again.' } = cause;
      throw new DataError({ file, record, expected, got, remedy }, { cause });
    }
    const got = systemReason(cause);
    const remedy = 'Check the file and its permissions, or download it again.';
    throw new DataError({ file, record, expected: 'a parquet file', got, remedy }, { cause });
  }
}

/** Columns by name, for messages. */
export function columnNames({ footer }: ParquetFile): string {
  return footer.columns.map((column: ParquetColumn) => column.path.join('.')).join(', ');
}

async function plainFile(path: string): Promise<Stats> {
  const found = await stat(systemPath(path));
  // opening a pipe might wait for ever
  if (!found.isFile()) throw new ParquetProblem('a parquet file', 'a folder, a pipe or a device');
  return found;
}

async function readRange(path: string, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  const file = await open(systemPath(path), 'r');
  await closeAfter(
    async () => {
      let done = 0;
      while (done < bytes.length) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done);
        if (bytesRead === 0)
          throw new ParquetProblem(`${end} bytes`, `the end of the file after ${start + done}`);
        done += bytesRead;
      }
    },
    () => file.close(),
  );
  return bytes;
}

function ascii(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
