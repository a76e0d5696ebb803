/** Learning rate of an optimiser step; steps count from 0. A pure function, so a resumed run needs no state for it. */
export type LearningRate = (step: number) => number;

/** The same rate at every step. */
export function constantRate(rate: number): LearningRate {
  checkRate('rate', rate);
  return () => rate;
}

/**
 * Half a cosine from `from` at step 0 to `to` at step `steps`, and `to` after that:
 * $\eta_t = \eta_{to} + \tfrac12(\eta_{from} - \eta_{to})(1 + \cos(\pi t / T))$.
 *
 * The last of T steps is t = T − 1, so its rate is just above `to`, as in PyTorch's `CosineAnnealingLR`.
 *
 * @throws RangeError if a rate is negative or not finite, or `steps` is not an integer > 0
 * @see Loshchilov and Hutter 2017, SGDR, Eq. 5; DMNN §4.1
 * @example
 * ```ts
 * import { cosineRate } from '@dmnn/trainer';
 *
 * const rate = cosineRate({ from: 0.1, steps: 100 });
 * console.log(rate(0), rate(50).toFixed(3)); // => 0.1 0.050
 * ```
 */
export function cosineRate(options: { from: number; to?: number; steps: number }): LearningRate {
  const { from, to = 0, steps } = options;
  checkRate('from', from);
  checkRate('to', to);
  checkSteps('steps', steps, 1);
  return (step) => to + ((from - to) * (1 + Math.cos(Math.PI * Math.min(1, step / steps)))) / 2;
}

/**
 * `from`, multiplied by `factor` at each of `atSteps`.
 *
 * @throws RangeError if `from` or `factor` is negative or not finite, or `atSteps` does not rise
 * @see DMNN §4.1: CIFAR-100, 0.1 divided by 10 at epochs 100 and 150
 * @example
 * ```ts
 * import { stepRate } from '@dmnn/trainer';
 *
 * const rate = stepRate({ from: 1, factor: 0.5, atSteps: [10, 20] });
 * console.log(rate(9), rate(10), rate(20)); // => 1 0.5 0.25
 * ```
 */
export function stepRate(options: {
  from: number;
  factor: number;
  atSteps: readonly number[];
}): LearningRate {
  const { from, factor, atSteps } = options;
  checkRate('from', from);
  checkRate('factor', factor);
  let before = -1;
  for (const step of atSteps) {
    checkSteps('atSteps', step, before + 1);
    before = step;
  }
  return (step) => from * factor ** atSteps.filter((at) => step >= at).length;
}

/**
 * Rises in equal parts over `steps` steps to the first rate of `after`, which then starts: step 0 has 1/steps of it.
 *
 * @throws RangeError if `steps` is not an integer ≥ 0
 * @see Goyal et al. 2017, Accurate, Large Minibatch SGD, §2.2
 * @example
 * ```ts
 * import { constantRate, withWarmUp } from '@dmnn/trainer';
 *
 * const rate = withWarmUp(constantRate(1), 4);
 * console.log(rate(0), rate(1), rate(3), rate(4)); // => 0.25 0.5 1 1
 * ```
 */
export function withWarmUp(after: LearningRate, steps: number): LearningRate {
  checkSteps('steps', steps, 0);
  return (step) => (step < steps ? (after(0) * (step + 1)) / steps : after(step - steps));
}

function checkRate(name: string, rate: number): void {
  if (!(rate >= 0 && rate < Infinity))
    throw new RangeError(`${name}: expected a finite number ≥ 0, got ${rate}`);
}

function checkSteps(name: string, steps: number, least: number): void {
  if (!Number.isSafeInteger(steps) || steps < least) {
    throw new RangeError(`${name}: expected an integer ≥ ${least}, got ${steps}`);
  }
}
