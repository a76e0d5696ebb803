import { readFile } from 'node:fs/promises';
import { parseJson } from '@dmnn/foundation';
import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { usageError } from '../terminal/usage-error.js';

/** `[l][n]`: which sub-blocks run for every image. */
export type GatePattern = readonly (readonly boolean[])[];

/**
 * Reads `--pattern`: a word for each gated block, a digit for each of its sub-blocks, 1 for open.
 *
 * @param text - `10,11,01`
 * @throws DmnnError `DMNN_USAGE` that shows what the network's blocks need
 */
export function parsePattern(text: string, architecture: Architecture): GatePattern {
  const example = subBlockCounts(architecture, '--pattern').map((count) => '1'.repeat(count));
  const words = text.split(',');
  const isWord = (word: string, l: number) => /^[01]+$/.test(word) && word.length === example[l]?.length;
  if (words.length === example.length && words.every(isWord)) {
    return words.map((word) => Array.from(word, (digit) => digit === '1'));
  }
  throw usageError(
    `--pattern: expected 1 (open) or 0 for each sub-block of ${architecture.name}, such as ${example.join(',')}, got ${text}`,
  );
}

/**
 * Reads `--frozen-gates`: a file with `[l][n]` booleans as JSON.
 *
 * @throws DmnnError `DMNN_USAGE` if the file cannot be read, or has not a boolean for each sub-block
 */
export async function readPattern(file: string, architecture: Architecture): Promise<GatePattern> {
  const counts = subBlockCounts(architecture, '--frozen-gates');
  const example = JSON.stringify(counts.map((count) => Array.from({ length: count }, () => true)));
  const refuse = (got: string): never => {
    throw usageError(
      `--frozen-gates ${file}: expected a boolean for each sub-block of ${architecture.name}, such as ${example}, got ${got}`,
    );
  };
  const value = await contents(file).catch((error: unknown) => refuse(String(error)));
  const isRow = (row: unknown, l: number) =>
    Array.isArray(row) && row.length === counts[l] && row.every((gate) => typeof gate === 'boolean');
  if (Array.isArray(value) && value.length === counts.length && value.every(isRow))
    return value as GatePattern;
  return refuse(JSON.stringify(value));
}

async function contents(file: string): Promise<unknown> {
  return parseJson(await readFile(file, 'utf8'));
}

function subBlockCounts(architecture: Architecture, option: string): number[] {
  const counts = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  if (counts.length > 0) return counts;
  throw usageError(
    `${option}: expected a network with gated blocks, got ${architecture.name}, which decides nothing.`,
  );
}
