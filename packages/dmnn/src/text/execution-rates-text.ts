import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { percentText } from './count-text.js';
import { tableText } from './table-text.js';

/**
 * How often every sub-block ran, a line for each gated block.
 *
 * @param architecture - the network of the rates
 * @param rates - `[l][n]`
 */
export function executionRatesText(
  architecture: Architecture,
  rates: readonly (readonly number[])[],
): string {
  const subBlocks = Math.max(...rates.map((block) => block.length));
  return tableText(
    [
      { head: 'execution rates' },
      ...Array.from({ length: subBlocks }, (_, n) => ({ head: `sub-block ${n}`, align: 'right' as const })),
    ],
    gatedBlocks(architecture).map(({ path, blockIndex }) => {
      const block = rates[blockIndex] ?? [];
      return [path, ...Array.from({ length: subBlocks }, (_, n) => rateText(block[n]))];
    }),
  );
}

function rateText(rate: number | undefined): string {
  return rate === undefined ? '' : percentText(rate);
}
