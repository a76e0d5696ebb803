import { closeAfterSync } from '@dmnn/foundation';
import { BATCH_NORM_MOMENTUM } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import type { InputStatistics } from './input-statistics.js';
import type { Statistics } from './statistics.js';
import { hasKernel, numbered, runKernel } from '../kernels/custom-operation.js';

/** The state of one forward pass that its layers share: which statistics they use, and what they record. */
export class Pass {
  /** Which mean and variance batch norm uses. */
  readonly statistics: Statistics;
  /** The updates of the moving averages, applied at the end of the pass. */
  readonly averages: MovingAverages = new MovingAverages(BATCH_NORM_MOMENTUM);
  /** Records statistics of the inputs of batch norms; undefined if they are not needed. */
  readonly inputs: InputStatistics | undefined;
  readonly #images: tf.Tensor;
  #place = 'stem';

  /**
   * @param images - the caller's
   * @param inputs - records the inputs of batch norms that use moving statistics
   */
  constructor(statistics: Statistics, images: tf.Tensor, inputs?: InputStatistics) {
    this.statistics = statistics;
    this.#images = images;
    this.inputs = inputs;
  }

  /** Whether the layer that uses a map last may overwrite it: not if it holds the caller's images. */
  mayOverwrite(map: tf.Tensor): boolean {
    return map.dataId !== this.#images.dataId;
  }

  /** The path of the layer that ran last, for messages: `stage0.block0.subblock0.unit2`. */
  get place(): string {
    return this.#place;
  }

  /** Records the path of the layer that runs now. */
  enter(path: string): void {
    this.#place = path;
  }
}

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
    return closeAfterSync(
      () => {
        const result = pass();
        this.#apply();
        return result;
      },
      () => {
        tf.dispose(this.#steps.map(({ latest }) => latest));
        this.#steps = [];
      },
    );
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
