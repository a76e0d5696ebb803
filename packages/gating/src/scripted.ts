import { assertLists } from '@dmnn/foundation';
import * as tf from '@tensorflow/tfjs-core';
import { assertGateLogits } from './gate-logits.js';
import type { GatePolicy } from './gate-policy.js';
import { gatingError } from './gating-error.js';

/** Which sub-blocks run: `[l][n]` for all images, or a function of block and image that returns `[n]`. */
export type GatePattern =
  readonly (readonly boolean[])[] | ((blockIndex: number, sampleKey: number) => readonly boolean[]);

/**
 * The policy for tests and measurements: opens gates according to a pattern and ignores the logits. No gradient.
 *
 * @param pattern - `[l][n]` over gated blocks and their sub-blocks, or a function that returns the row of a block.
 * @returns a policy.
 * @throws DmnnError `DMNN_GATING` (from the policy) if the pattern has no row for a block, a row does not have one
 *   boolean per sub-block, logits are not `[B, N, 2]`, or there is not one sample key per image.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { scripted } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const policy = scripted([[true, false]]); // block 0 runs its first sub-block only
 * const gates = policy(tf.zeros([2, 2, 2]), { blockIndex: 0, sampleKeys: [41, 12] });
 * console.log(gates.dataSync().join()); // => 1,0,1,0
 * ```
 */
export function scripted(pattern: GatePattern): GatePolicy {
  if (typeof pattern !== 'function')
    assertLists('pattern', pattern, 'booleans of each gated block, or a function');
  return (logits, at) => {
    assertGateLogits(logits, at);
    const [images, subBlocks] = logits.shape;
    const values = new Float32Array(images * subBlocks);
    at.sampleKeys.forEach((sampleKey, b) => {
      const row = typeof pattern === 'function' ? pattern(at.blockIndex, sampleKey) : pattern[at.blockIndex];
      assertRow(row, at.blockIndex, subBlocks);
      values.set(row.map(Number), b * subBlocks);
    });
    return tf.tensor2d(values, [images, subBlocks]);
  };
}

function assertRow(
  row: readonly boolean[] | undefined,
  blockIndex: number,
  subBlocks: number,
): asserts row is readonly boolean[] {
  if (row?.length !== subBlocks || row.some((open) => typeof open !== 'boolean')) {
    throw gatingError(
      `pattern[${blockIndex}]`,
      `${subBlocks} booleans, one for each sub-block of the block`,
      row ? JSON.stringify(row) : 'nothing',
      'Add a row for every gated block.',
    );
  }
}
