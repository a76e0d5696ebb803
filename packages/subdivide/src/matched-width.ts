import { checkedSubBlockCount } from './sub-block-count.js';
import { subdivideError } from './subdivide-error.js';

/** The channels of a bottleneck: `inChannels` → `width` → `width` → `outChannels`. */
export interface BottleneckWidths {
  readonly inChannels: number;
  readonly width: number;
  readonly outChannels: number;
  /** Side of the middle filter. @defaultValue 3 */
  readonly kernelSize?: number | undefined;
}

/**
 * The width at which N narrow bottlenecks together have the convolution parameters of one bottleneck, to the nearest
 * channel.
 *
 * Solves $N\,(C_{in} C' + 9 C'^2 + C' C_{out}) = C_{in} C + 9 C^2 + C\,C_{out}$ for $C'$. One sub-block keeps C.
 *
 * @param block - the undivided bottleneck; for a stage, the regular block 4C → C → C → 4C
 * @param subBlocks - N, an integer ≥ 1
 * @returns C', at least 1
 * @throws DmnnError `DMNN_SUBDIVIDE` if the nearest width is 0
 * @example
 * ```ts
 * import { matchedWidth } from '@dmnn/subdivide';
 *
 * const block = { inChannels: 256, width: 64, outChannels: 256 };
 * console.log(matchedWidth(block, 2), matchedWidth(block, 4)); // => 40 24
 * ```
 * @see DMNN §3.1 Eq. 1 and 2
 */
export function matchedWidth(block: BottleneckWidths, subBlocks: number): number {
  const count = checkedSubBlockCount(subBlocks);
  const { inChannels, width, outChannels, kernelSize = 3 } = block;
  for (const [name, value] of Object.entries({ inChannels, width, outChannels, kernelSize })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw subdivideError(`block.${name}: expected an integer ≥ 1, got ${String(value)}.`);
    }
  }
  const pointwise = inChannels + outChannels;
  const square = kernelSize ** 2;
  const target = (pointwise * width + square * width ** 2) / count;
  const matched = Math.round((Math.sqrt(pointwise ** 2 + 4 * square * target) - pointwise) / (2 * square));
  if (matched < 1) {
    throw subdivideError(
      `subBlocks: no width fits ${count} sub-blocks into a bottleneck ${inChannels} → ${width} → ${outChannels}: ` +
        `even one channel each would cost more than the block. Use fewer sub-blocks or a wider network.`,
    );
  }
  return matched;
}
