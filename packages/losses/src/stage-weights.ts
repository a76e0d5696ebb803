import { assertList } from '@dmnn/foundation';
const WEIGHTS = [0.0001, 0.001, 0.01, 0.1] as const;

/**
 * Weight of each block's category loss: 0.0001, 0.001, 0.01 and 0.1 for the blocks of stages 1 to 4, so that late
 * blocks must recognise the category and early ones need not.
 *
 * Stages beyond the fourth keep 0.1; larger weights would soon outweigh the classification itself.
 *
 * @param stageIndices - the stage of each block, from 0.
 * @throws RangeError if an index is not an integer ≥ 0.
 * @see DMNN §3.2, below Eq. 10.
 *
 * @example
 * ```ts
 * import { stageWeights } from '@dmnn/losses';
 *
 * console.log(stageWeights([0, 1, 2, 3, 4]).join(' ')); // => 0.0001 0.001 0.01 0.1 0.1
 * ```
 */
export function stageWeights(stageIndices: readonly number[]): number[] {
  assertList('stageIndices', stageIndices, 'the stage of each block');
  return stageIndices.map((stage, i) => {
    if (!Number.isInteger(stage) || stage < 0) {
      throw new RangeError(`stageIndices[${i}]: expected an integer >= 0, got ${stage}`);
    }
    return WEIGHTS[Math.min(stage, 3)] as number;
  });
}
