import { assertLists } from '@dmnn/foundation';
import { assertFinite, assertProgress, type Schedule } from './schedule.js';

/**
 * A piecewise constant schedule: each `[from, value]` applies from that progress until the next.
 *
 * @param steps - pairs in increasing order of `from`; the first starts at 0.
 * @throws RangeError if there is no step, the first does not start at 0, starts do not increase within [0, 1], or a
 *   value is not finite; the schedule throws one if progress is outside [0, 1].
 *
 * @example
 * ```ts
 * import { step } from '@dmnn/gating';
 *
 * const temperature = step([[0, 5], [1 / 3, 2.5], [2 / 3, 1]]);
 * console.log(temperature(0), temperature(0.5), temperature(1)); // => 5 2.5 1
 * ```
 */
export function step(steps: readonly (readonly [from: number, value: number])[]): Schedule {
  assertLists('steps', steps, '[from, value] pairs');
  if (steps[0]?.[0] !== 0)
    throw new RangeError(`steps: expected the first to start at 0, got ${steps[0]?.[0]}`);
  const first = steps[0][1];
  let previous = -1;
  for (const [from, value] of steps) {
    if (!(from > previous && from <= 1)) {
      throw new RangeError(`steps: expected starts that rise within [0, 1], got ${from} after ${previous}`);
    }
    assertFinite(`steps, from ${from}`, value);
    previous = from;
  }
  return (progress) => {
    assertProgress(progress);
    return steps.reduce((held, [from, value]) => (from <= progress ? value : held), first);
  };
}
