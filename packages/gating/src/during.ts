import { assertFunction } from '@dmnn/foundation';
import { assertProgress, type Schedule } from './schedule.js';

/**
 * Runs a whole schedule between two points of training: its start value before them, its end value after them.
 *
 * @param start - progress at which `schedule` starts, in [0, 1).
 * @param end - progress at which `schedule` ends, in (start, 1].
 * @throws RangeError unless 0 ≤ start < end ≤ 1; the schedule throws one if progress is outside [0, 1].
 *
 * @example
 * ```ts
 * import { during, linear } from '@dmnn/gating';
 *
 * const target = during(0, 0.5, linear(1, 0.6)); // falls over the first half, then stays
 * console.log(target(0), target(0.25), target(0.9)); // => 1 0.8 0.6
 * ```
 */
export function during(start: number, end: number, schedule: Schedule): Schedule {
  if (!(start >= 0 && start < end && end <= 1)) {
    throw new RangeError(`start, end: expected 0 <= start < end <= 1, got ${start} and ${end}`);
  }
  assertFunction('schedule', schedule, 'a function of progress');
  return (progress) => {
    assertProgress(progress);
    return schedule(Math.min(1, Math.max(0, (progress - start) / (end - start))));
  };
}
