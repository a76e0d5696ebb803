import type { Schedule } from '@dmnn/gating';

/** Learning rate of an optimiser step; steps count from 0. A pure function, so a resumed run needs no state for it. */
export type LearningRate = (step: number) => number;

/**
 * A schedule of `@dmnn/gating` (`constant`, `cosine`, `step`, …) over optimiser steps: it starts at step 0, ends at step
 * `steps`, and stays at its end after that.
 *
 * The last of T steps is T − 1, so its rate is just before the schedule's end, as in PyTorch's `CosineAnnealingLR`.
 *
 * @param steps - how many optimiser steps the schedule takes
 * @throws RangeError if the schedule starts or ends below 0, or `steps` is not an integer > 0
 * @see Loshchilov and Hutter 2017, SGDR, Eq. 5, for `cosine`; DMNN §4.1
 * @example
 * ```ts
 * import { cosine } from '@dmnn/gating';
 * import { overSteps } from '@dmnn/trainer';
 *
 * const rate = overSteps(cosine(0.1, 0), 100);
 * console.log(rate(0), rate(50).toFixed(3)); // => 0.1 0.050
 * ```
 */
export function overSteps(schedule: Schedule, steps: number): LearningRate {
  checkSteps(steps, 1);
  for (const end of [0, 1]) {
    const rate = schedule(end);
    if (!(rate >= 0))
      throw new RangeError(`schedule: expected learning rates ≥ 0, got ${rate} at progress ${end}`);
  }
  return (step) => schedule(Math.min(1, step / steps));
}

/**
 * Rises in equal parts over `steps` steps to the first rate of `after`, which then starts: step 0 has 1/steps of it.
 *
 * @throws RangeError if `steps` is not an integer ≥ 0
 * @see Goyal et al. 2017, Accurate, Large Minibatch SGD, §2.2
 * @example
 * ```ts
 * import { constant } from '@dmnn/gating';
 * import { overSteps, withWarmUp } from '@dmnn/trainer';
 *
 * const rate = withWarmUp(overSteps(constant(1), 10), 4);
 * console.log(rate(0), rate(1), rate(3), rate(4)); // => 0.25 0.5 1 1
 * ```
 */
export function withWarmUp(after: LearningRate, steps: number): LearningRate {
  checkSteps(steps, 0);
  return (step) => (step < steps ? (after(0) * (step + 1)) / steps : after(step - steps));
}

function checkSteps(steps: number, least: number): void {
  if (!Number.isSafeInteger(steps) || steps < least) {
    throw new RangeError(`steps: expected an integer ≥ ${least}, got ${steps}`);
  }
}
