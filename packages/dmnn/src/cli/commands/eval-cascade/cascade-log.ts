import { gzipSync } from 'node:zlib';
import { writeFileDurably } from '@dmnn/foundation/node';
import type { CascadeFinding } from './cascade-findings.js';

/** What a log says about all of its images. */
export interface CascadeLogHead {
  /** Names of the networks, in their order. */
  readonly networks: readonly string[];
  readonly data: string;
  readonly chosenOn: string | null;
  /** MACs of the last network, undivided: what costs are shares of. */
  readonly lastMacs: number;
}

/**
 * Writes a log of a cascade: a JSON object about all images, then a JSON list for each: index, right (1) or wrong (0), MACs,
 * confidence and stage; with a control, also the probability that it is right. A file named `.gz` is compressed.
 *
 * @throws FileError if it cannot be written
 */
export async function writeCascadeLog(
  file: string,
  head: CascadeLogHead,
  { settings, stage, wrong, confidence, macs, control }: CascadeFinding,
  indices: Int32Array,
): Promise<void> {
  const columns = ['index', 'right', 'macs', 'confidence', 'stage', ...(control ? ['controlRight'] : [])];
  const lines = [JSON.stringify({ format: 1, kind: 'cascade', ...head, settings, columns })];
  for (const [row, index] of indices.entries()) {
    const line = [
      index,
      1 - (wrong[row] as number),
      macs[row] as number,
      rounded(confidence[row]),
      stage[row] as number,
    ];
    lines.push(JSON.stringify(control ? [...line, rounded(1 - (control.wrong[row] as number))] : line));
  }
  const text = `${lines.join('\n')}\n`;
  await writeFileDurably(file, file.endsWith('.gz') ? gzipSync(text) : text, undefined, '--log');
}

/** Four digits: a line an image stays below 40 bytes. */
function rounded(value: number | undefined): number {
  return Number((value ?? 0).toFixed(4));
}
