import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { parseJson, printable } from '@dmnn/foundation';
import { readRegularFile } from '@dmnn/foundation/node';
import { usageError } from '../terminal/usage-error.js';

/** `[l][n]`: which sub-blocks run for every image. */
export type GatePattern = readonly (readonly boolean[])[];

/** The options of `dmnn export` that freeze gates; at most one is given. */
export interface GatePatternOptions {
  /** `10,11,01`: a word for each gated block, a digit for each of its sub-blocks, 1 for open. */
  readonly pattern?: string | undefined;
  /** A JSON file with booleans `[l][n]`. */
  readonly frozenGates?: string | undefined;
}

/**
 * Reads the frozen gates of `--pattern` or `--frozen-gates`.
 *
 * @param option - what messages call the pattern
 * @returns undefined if neither is given
 * @throws DmnnError `DMNN_USAGE` with an example if the gates do not match the network's sub-blocks, if the file cannot
 *   be read, or if the network has no gated blocks
 */
export async function readGatePattern(
  { pattern, frozenGates }: GatePatternOptions,
  architecture: Architecture,
  option = '--pattern',
): Promise<GatePattern | undefined> {
  if (pattern !== undefined) {
    const counts = subBlockCounts(architecture, option);
    const example = counts.map((count) => '1'.repeat(count)).join(',');
    const expected = `${option}: expected 1 (open) or 0 for each sub-block of ${architecture.name}, such as ${example}`;
    return checked(gatesOfWords(pattern), counts, `${expected}, got ${pattern}`);
  }
  if (frozenGates === undefined) return undefined;
  const counts = subBlockCounts(architecture, '--frozen-gates');
  const example = JSON.stringify(counts.map((count) => Array.from({ length: count }, () => true)));
  const expected = `--frozen-gates ${frozenGates}: expected a boolean for each sub-block of ${architecture.name}, such as ${example}`;
  const gates = await contents(frozenGates).catch((error: unknown) => {
    throw usageError(`${expected}, got ${error instanceof Error ? error.message : String(error)}`);
  });
  return checked(gates, counts, `${expected}, got ${printable(JSON.stringify(gates))}`);
}

/** `10,01` as booleans; other characters remain and are refused with the message of the option. */
function gatesOfWords(text: string): unknown[][] {
  const gates = new Map<string, boolean>([
    ['0', false],
    ['1', true],
  ]);
  return text.split(',').map((word) => Array.from(word, (digit) => gates.get(digit) ?? digit));
}

async function contents(file: string): Promise<unknown> {
  return parseJson(await readRegularFile(file));
}

function checked(gates: unknown, counts: readonly number[], problem: string): GatePattern {
  const isRow = (row: unknown, l: number) =>
    Array.isArray(row) && row.length === counts[l] && row.every((gate) => typeof gate === 'boolean');
  if (Array.isArray(gates) && gates.length === counts.length && gates.every(isRow)) {
    return gates as GatePattern;
  }
  throw usageError(problem);
}

function subBlockCounts(architecture: Architecture, option: string): number[] {
  const counts = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  if (counts.length > 0) return counts;
  throw usageError(
    `${option}: expected a network with gated blocks, got ${architecture.name}, which decides nothing.`,
  );
}
