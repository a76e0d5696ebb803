import { engineError } from '../errors/engine-error.js';

/**
 * A pattern of gates as the core takes it: a mask for each gated block, bit n for sub-block n.
 *
 * @throws DmnnError `DMNN_ENGINE` if it is not a pattern of these sub-blocks
 */
export function masksOf(pattern: unknown, subBlocks: readonly number[]): Uint32Array {
  const rows: readonly unknown[] = Array.isArray(pattern) ? pattern : [];
  if (!Array.isArray(pattern) || rows.length !== subBlocks.length) {
    const got = Array.isArray(pattern) ? `${rows.length} of them` : typeof pattern;
    throw engineError(`pattern: expected the gates of ${subBlocks.length} gated blocks, got ${got}`, REMEDY);
  }
  return Uint32Array.from(subBlocks, (count, l) => {
    const row: readonly unknown[] = Array.isArray(rows[l]) ? (rows[l] as unknown[]) : [];
    if (row.length !== count || row.some((gate) => typeof gate !== 'boolean')) {
      throw engineError(`pattern[${l}]: expected ${count} booleans, got ${JSON.stringify(rows[l])}`, REMEDY);
    }
    return row.reduce((mask: number, gate, n) => mask | (gate === true ? 1 << n : 0), 0);
  });
}

const REMEDY = 'Pass a boolean for each sub-block, [l][n].';

/** The gates of masks, `[l][n]`. */
export function gatesOf(masks: Uint32Array, subBlocks: readonly number[]): boolean[][] {
  return subBlocks.map((count, l) => {
    const mask = masks[l] as number;
    return Array.from({ length: count }, (_, n) => ((mask >>> n) & 1) === 1);
  });
}

/** Numbers of all gates, block after block, as `[l][n]`. */
export function inBlocks(numbers: Float32Array, subBlocks: readonly number[]): number[][] {
  let end = 0;
  return subBlocks.map((count) => [...numbers.subarray(end, (end += count))]);
}

/**
 * What log-odds must exceed for a gate to open at a threshold, as `thresholded` of `@dmnn/gating` decides: at the
 * threshold itself it opens.
 *
 * @param threshold - a probability in [0, 1]
 * @returns a float32
 * @throws DmnnError `DMNN_ENGINE` if it is none
 */
export function openingLogOdds(threshold: number): number {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw engineError(
      `threshold: expected a probability in [0, 1], got ${String(threshold)}`,
      'Leave it out for the likeliest gates.',
    );
  }
  return nextBelow(Math.fround(Math.log(threshold) - Math.log1p(-threshold)));
}

/** The largest float32 below another. */
function nextBelow(value: number): number {
  if (value === -Infinity) return value;
  const bits = new Int32Array(Float32Array.of(value === 0 ? -0 : value).buffer);
  bits[0] = (bits[0] as number) + (value > 0 ? -1 : 1);
  return new Float32Array(bits.buffer)[0] as number;
}
