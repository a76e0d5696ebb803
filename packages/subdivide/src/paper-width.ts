import { subdivideError } from './subdivide-error.js';

/**
 * The width of each sub-block that reproduces the paper's parameter counts: ⌊0.6 C⌋ for two sub-blocks, ⌊0.467 C⌋ for
 * three, ⌊0.375 C⌋ for four, C for one.
 *
 * For ResNet's 64, 128, 256 and 512 that is 38, 76, 153, 307 · 29, 59, 119, 239 · 24, 48, 96, 192.
 *
 * @param width - C, the width of the undivided bottleneck
 * @param subBlocks - N, 1 to 4
 * @returns C', at least 1
 * @throws DmnnError `DMNN_SUBDIVIDE` if the paper has no width for N, or the width is 0
 * @see DMNN §3.1; derived from the numbers of parameters in Table 1, because the paper does not print the widths
 */
export function paperWidth(width: number, subBlocks: number): number {
  const perMille = perMilleOf(subBlocks);
  const narrow = Math.floor((width * perMille) / 1000); // in integers, because 0.6 is not exact in binary
  if (!Number.isSafeInteger(narrow) || narrow < 1) {
    throw subdivideError(
      `width: no width fits ${subBlocks} sub-blocks into a bottleneck of ${width} channels: ` +
        `the paper's share of it is ${narrow}. Use fewer sub-blocks or a wider network.`,
    );
  }
  return narrow;
}

function perMilleOf(subBlocks: number): number {
  switch (subBlocks) {
    case 1:
      return 1000;
    case 2:
      return 600;
    case 3:
      return 467;
    case 4:
      return 375;
    default:
      throw subdivideError(
        `subBlocks: expected 1 to 4, the numbers for which the paper has widths, got ${subBlocks}. Use widths 'solver' or a list.`,
      );
  }
}
