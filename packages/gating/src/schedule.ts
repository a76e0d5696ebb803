/**
 * A setting as a function of training progress, from 0 (start) to 1 (end).
 *
 * Schedules are pure, independent of epochs and steps, and composable: see `during` and `offAfter`.
 */
export type Schedule = (progress: number) => number;

/** @throws RangeError unless `progress` is in [0, 1]. */
export function assertProgress(progress: number): void {
  if (!(progress >= 0 && progress <= 1)) {
    throw new RangeError(`progress: expected a fraction of training in [0, 1], got ${progress}`);
  }
}

/** @throws RangeError unless `value` is a finite number. */
export function assertFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${name}: expected a finite number, got ${value}`);
}
