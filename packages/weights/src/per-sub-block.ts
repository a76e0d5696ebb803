/**
 * A number for every gated sub-block: one for all; or one for each sub-block of a block, the same in every
 * block; or a list for each block that has gates, with one number per sub-block.
 */
export type PerSubBlock = number | readonly number[] | readonly (readonly number[])[];

/**
 * Expands a setting into a list for each block that has gates, in order, with one number for each of its sub-blocks.
 *
 * @param name - name of the setting, for errors
 * @param subBlocks - number of sub-blocks of each block that has gates
 * @throws RangeError if the numbers do not match the sub-blocks, or the lists do not match the blocks
 * @example
 * ```ts
 * import { ofEachSubBlock } from '@dmnn/weights/internal';
 *
 * console.log(ofEachSubBlock('openingRate', [0.99, 0.2], [2, 2])); // => [ [ 0.99, 0.2 ], [ 0.99, 0.2 ] ]
 * ```
 */
export function ofEachSubBlock(
  name: string,
  setting: PerSubBlock,
  subBlocks: readonly number[],
): (readonly number[])[] {
  if (typeof setting === 'number') return subBlocks.map((count) => Array<number>(count).fill(setting));
  const isOfBlocks = isLists(setting);
  if (isOfBlocks && setting.length !== subBlocks.length)
    throw new RangeError(
      `${name}: expected ${subBlocks.length} lists, one for each block that has gates, got ${setting.length}`,
    );
  return subBlocks.map((count, block) => {
    const each = isOfBlocks ? (setting[block] as readonly number[]) : setting;
    if (each.length === count) return each;
    const which = isOfBlocks ? `list ${block}: ${count} numbers` : `a number, or ${count}`;
    throw new RangeError(
      `${name}: expected ${which}, one for each sub-block of gated block ${block}, got ${each.length}`,
    );
  });
}

function isLists(
  setting: readonly number[] | readonly (readonly number[])[],
): setting is readonly (readonly number[])[] {
  return Array.isArray(setting[0]);
}
