import { gzipSync } from 'node:zlib';
import { writeFileDurably } from '@dmnn/foundation/node';

/**
 * Writes a log of images: a JSON object about all of them, then a JSON list for each, of what `columns` of the object names.
 * A file named `.gz` is compressed.
 *
 * @param columns - `[row]` each; numbers that are not whole are rounded to four digits, so that a line stays short
 * @throws FileError if it cannot be written
 */
export async function writeImageLog(
  file: string,
  head: object,
  columns: Readonly<Record<string, ArrayLike<number>>>,
): Promise<void> {
  const lines = [JSON.stringify({ format: 1, ...head, columns: Object.keys(columns) })];
  const values = Object.values(columns);
  for (let row = 0; row < (values[0]?.length ?? 0); row++)
    lines.push(JSON.stringify(values.map((column) => rounded(column[row]))));
  const text = `${lines.join('\n')}\n`;
  await writeFileDurably(file, file.endsWith('.gz') ? gzipSync(text) : text, undefined, '--log');
}

function rounded(value: number | undefined): number {
  return Number.isInteger(value) ? (value as number) : Number((value ?? 0).toFixed(4));
}
