import { assertRecord } from '@dmnn/foundation';
import type { GateDecision } from './gate-decision.js';
import { gatingError } from './gating-error.js';
import { scripted } from './scripted.js';

/** Options of {@link fixedPattern}. */
export interface FixedPatternOptions {
  /** `10,11,01`: a word for each gated block, a digit for each of its sub-blocks, 1 for open. */
  readonly pattern: string;
}

/**
 * The decision that decides nothing: every image runs the same sub-blocks, in training and in use. What gates are
 * compared with: a network that was trained with it is the static network of that cost.
 *
 * @throws DmnnError `DMNN_GATING` if the pattern is no such words; from its policies, as {@link scripted}
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { fixedPattern } from '@dmnn/gating';
 *
 * await tf.setBackend('cpu');
 * const { use } = fixedPattern({ pattern: '10,11' });
 * console.log(use(tf.zeros([1, 2, 2]), { blockIndex: 0, sampleKeys: [41] }).dataSync().join()); // => 1,0
 * ```
 */
export function fixedPattern(options: FixedPatternOptions): GateDecision {
  assertRecord('options', options, 'an object with a pattern');
  const policy = scripted(gatesOfPattern(options.pattern));
  return { training: () => policy, use: policy };
}

/**
 * Reads a pattern in words, `10,11`, as `[l][n]`.
 *
 * @throws DmnnError `DMNN_GATING`
 */
export function gatesOfPattern(pattern: string): boolean[][] {
  if (typeof pattern === 'string' && /^[01]+(,[01]+)*$/.test(pattern))
    return pattern.split(',').map((word) => Array.from(word, (digit) => digit === '1'));
  throw gatingError(
    'pattern',
    'a word of 0 and 1 for each gated block, such as 10,11',
    JSON.stringify(pattern),
    '1 opens a sub-block for every image, 0 closes it.',
  );
}
