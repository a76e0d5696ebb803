import * as tf from '@tensorflow/tfjs-core';
import { hasKernel, numbered, runKernel } from '../kernels/named-kernel.js';

interface Step {
  readonly average: tf.Variable<tf.Rank.R1>;
  readonly latest: tf.Tensor1D;
  readonly factor: number;
}

/**
 * Exponential moving averages that are all updated together, once per pass: average ← (1 − momentum) · average + momentum · factor ·
 * latest. One operation for all of them where a backend has the kernel `DmnnMoveAverages` (average0 …, latest0 …,
 * factors `[N, 2]` → new averages), since a network has a hundred and each is tiny.
 */
export class MovingAverages {
  readonly #momentum: number;
  #steps: Step[] = [];

  /** @param momentum - weight of the latest value, in (0, 1] */
  constructor(momentum: number) {
    this.#momentum = momentum;
  }

  /** Records an update. The owner of `latest` may free it: its values are kept. */
  note(average: tf.Variable<tf.Rank.R1>, latest: tf.Tensor1D, factor: number): void {
    this.#steps.push({ average, latest: tf.keep(tf.clone(latest)), factor });
  }

  /** Runs a pass, then applies the updates that it recorded; none if it throws. */
  moveAfter<T>(pass: () => T): T {
    try {
      const result = pass();
      this.#apply();
      return result;
    } finally {
      tf.dispose(this.#steps.map(({ latest }) => latest));
      this.#steps = [];
    }
  }

  /** Off the tape: no gradient passes through an average. */
  #apply(): void {
    const steps = this.#steps;
    if (steps.length === 0) return;
    for (const [i, next] of this.#next(steps).entries()) {
      steps[i]?.average.assign(next as tf.Tensor1D);
      next.dispose();
    }
  }

  #next(steps: readonly Step[]): tf.Tensor[] {
    const keep = 1 - this.#momentum;
    const weights = steps.map(({ factor }) => this.#momentum * factor);
    if (hasKernel('DmnnMoveAverages')) {
      const factors = tf.tensor2d(weights.map((weight) => [keep, weight]));
      const next = runKernel(
        'DmnnMoveAverages',
        {
          ...numbered(
            'average',
            steps.map(({ average }) => average),
          ),
          ...numbered(
            'latest',
            steps.map(({ latest }) => latest),
          ),
          factors,
        },
        { averages: steps.length },
      );
      factors.dispose();
      return next;
    }
    return steps.map(({ average, latest }, i) =>
      tf.tidy(() => tf.add(tf.mul(average, keep), tf.mul(latest, weights[i] as number))),
    );
  }
}
