/**
 * A number for every sub-block that a gate opens: one for all; or one for each sub-block of a block, the same in every
 * block; or, for each block that has gates in turn, one for each of its sub-blocks.
 */
export type PerSubBlock = number | readonly number[] | readonly (readonly number[])[];

/**
 * Such numbers written out: a list for each block that has gates, in order, of a number for each of its sub-blocks.
 *
 * @param name - what they are called where they are set, for errors
 * @param subBlocks - how many each block that has gates is divided into
 * @throws RangeError if there are not as many numbers as sub-blocks, or not a list for each block
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
      `${name}: expected ${which}, one for each sub-block of block ${block} of those that have gates, got ${each.length}`,
    );
  });
}

function isLists(
  setting: readonly number[] | readonly (readonly number[])[],
): setting is readonly (readonly number[])[] {
  return Array.isArray(setting[0]);
}
