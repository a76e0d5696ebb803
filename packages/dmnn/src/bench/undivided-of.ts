import type { Architecture } from '@dmnn/architecture';
import { gatedBlocks } from '@dmnn/architecture';

/**
 * The backbone that a dynamic network was divided from.
 *
 * @throws RangeError for a network without gates or without the name of its undivided backbone
 */
export function undividedOf(architecture: Architecture): Architecture {
  const { name, undivided } = architecture;
  if (undivided && gatedBlocks(architecture).length > 0) return undivided;
  throw new RangeError(
    `model: expected a network with gated sub-blocks that records its undivided backbone, such as dmnn50-n2, got ${name}`,
  );
}
