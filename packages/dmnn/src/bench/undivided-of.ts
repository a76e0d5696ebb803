import type { Architecture } from '@dmnn/architecture';
import { gatedBlocks } from '@dmnn/architecture';

/**
 * The backbone that a dynamic network was divided from.
 *
 * @throws RangeError for a network that decides nothing or does not say what it was divided from
 */
export function undividedOf(architecture: Architecture): Architecture {
  const { name, undivided } = architecture;
  if (undivided && gatedBlocks(architecture).length > 0) return undivided;
  throw new RangeError(
    `model: expected a network with gated sub-blocks that says what it was divided from, such as dmnn50-n2, got ${name}`,
  );
}
