import { assertFinite, assertProgress, type Schedule } from './schedule.js';

/**
 * A schedule with the same value throughout.
 *
 * @throws RangeError if `value` is not finite; the schedule throws one if progress is outside [0, 1].
 */
export function constant(value: number): Schedule {
  assertFinite('value', value);
  return (progress) => {
    assertProgress(progress);
    return value;
  };
}

/**
 * A schedule from `start` to `end` along a straight line.
 *
 * @throws RangeError if an end is not finite; the schedule throws one if progress is outside [0, 1].
 */
export function linear(start: number, end: number): Schedule {
  assertFinite('start', start);
  assertFinite('end', end);
  return (progress) => {
    assertProgress(progress);
    return start * (1 - progress) + end * progress;
  };
}

/**
 * A schedule from `start` to `end` by a constant factor: equal ratios over equal times, e.g. a temperature from 5 to
 * 0.1.
 *
 * @throws RangeError if an end is not finite and > 0; the schedule throws one if progress is outside [0, 1].
 * @see LAUDNet anneals its temperature this way.
 */
export function exponential(start: number, end: number): Schedule {
  for (const [name, value] of Object.entries({ start, end })) {
    assertFinite(name, value);
    if (value <= 0) throw new RangeError(`${name}: expected a number > 0, got ${value}; linear may end at 0`);
  }
  return (progress) => {
    assertProgress(progress);
    return start ** (1 - progress) * end ** progress;
  };
}

/**
 * A schedule from `start` to `end` along half a cosine: slow, fast, slow.
 *
 * @throws RangeError if an end is not finite; the schedule throws one if progress is outside [0, 1].
 */
export function cosine(start: number, end: number): Schedule {
  assertFinite('start', start);
  assertFinite('end', end);
  return (progress) => {
    assertProgress(progress);
    return end + ((start - end) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
