import { assertTarget } from './target.js';

/** The range of a block's execution rate that is not penalised; fractions. */
export interface RateBounds {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Bounds on every block's rate that start at the target and widen to [0, 1] over the first third of training, so that
 * no block is permanently closed or always open before its sub-blocks have been trained.
 *
 * [p·t, 1 − p·(1 − t)] with p = cos²(π/2 · min(1, 3·progress)).
 *
 * @param progress - completed fraction of training, in [0, 1].
 * @param target - t, in (0, 1].
 * @throws RangeError if an argument is out of range.
 * @see Verelst & Tuytelaars 2020 (arXiv 1912.03203) §3.3; their code divides by 0.33 where this divides by 1/3.
 *
 * @example
 * ```ts
 * import { wideningBounds } from '@dmnn/losses';
 *
 * const { lower, upper } = wideningBounds(1 / 6, 0.6); // p = 1/2
 * console.log(lower.toFixed(2), upper.toFixed(2)); // => 0.30 0.80
 * ```
 */
export function wideningBounds(progress: number, target: number): RateBounds {
  if (!(progress >= 0 && progress <= 1)) {
    throw new RangeError(`progress: expected a fraction of training in [0, 1], got ${progress}`);
  }
  assertTarget(target);
  if (progress >= 1 / 3) return { lower: 0, upper: 1 }; // cos(π/2) is not exactly 0
  const p = Math.cos((Math.PI / 2) * 3 * progress) ** 2;
  return { lower: p * target, upper: 1 - p * (1 - target) };
}
