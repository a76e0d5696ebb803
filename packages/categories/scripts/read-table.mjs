import { readFileSync } from 'node:fs';

/**
 * Rows of a tab-separated table as objects keyed by its header; lines starting with # are comments.
 *
 * @param {URL} url @returns {Record<string, any>[]} every value is text
 */
export function readTable(url) {
  const lines = readFileSync(url, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [header = [], ...rows] = lines.map((line) => line.split('\t'));
  return rows.map((row) => Object.fromEntries(header.map((name, column) => [name, row[column] ?? ''])));
}
