import { assertFunction } from '@dmnn/foundation';
import { constant } from './interpolating-schedules.js';
import { assertProgress, type Schedule } from './schedule.js';

/**
 * Sets a schedule to 0 from some point on. Turning noise off for the last 20 % of training closes the gap between
 * sampled gates and the most likely ones used afterwards.
 *
 * @param share - progress from which the value is 0, in [0, 1]. @defaultValue 0.8
 * @param before - the schedule until then. @defaultValue constant 1
 * @throws RangeError if `share` is outside [0, 1]; the schedule throws one if progress is.
 * @see dynconv switches its noise off for the last 20 % of the epochs.
 *
 * @example
 * ```ts
 * import { offAfter } from '@dmnn/gating';
 *
 * const noiseScale = offAfter(0.8);
 * console.log(noiseScale(0.79), noiseScale(0.8)); // => 1 0
 * ```
 */
export function offAfter(share = 0.8, before: Schedule = constant(1)): Schedule {
  if (!(share >= 0 && share <= 1)) throw new RangeError(`share: expected a number in [0, 1], got ${share}`);
  assertFunction('before', before, 'a function of progress');
  return (progress) => {
    assertProgress(progress);
    return progress >= share ? 0 : before(progress);
  };
}
