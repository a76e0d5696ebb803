import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { reinforceLoss } from './reinforce-loss.js';
import { skippingReturns } from './skipping-returns.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** All patterns of some gates. */
const patternsOf = (count: number): number[][] =>
  Array.from({ length: 2 ** count }, (_, bits) => Array.from({ length: count }, (_, k) => (bits >> k) & 1));

describe('reinforceLoss', () => {
  it('is −R · log π of what was drawn, averaged over images, by hand', () => {
    // probabilities of on 0.8 and 0.25, 0.5 and 0.9
    const logits = [
      tf.tensor3d([[[0, Math.log(4)]], [[0, 0]]]),
      tf.tensor3d([[[Math.log(3), 0]], [[1, 1 + Math.log(9)]]]),
    ];
    const gates = [tf.tensor2d([[1], [0]]), tf.tensor2d([[0], [1]])];
    const rewards = tf.tensor2d([
      [2, -1],
      [0.5, 3],
    ]);
    const wanted = -(2 * Math.log(0.8) - Math.log(0.75) + 0.5 * Math.log(0.5) + 3 * Math.log(0.9)) / 2;
    expect(reinforceLoss(logits, gates, rewards).dataSync()[0]).toBeCloseTo(wanted, 6);
    const slopes = tf.grads((a, b) => reinforceLoss([a, b] as tf.Tensor3D[], gates, rewards))(logits);
    // −R · (a − p) / 2 for on, minus that for off
    const slopesOn = [-2 * (1 - 0.8), -0.5 * (0 - 0.5), 1 * (0 - 0.25), -3 * (1 - 0.9)].map(
      (each) => each / 2,
    );
    const pairs = slopesOn.flatMap((on) => [-on, on]);
    const got = slopes.flatMap((slope) => [...slope.dataSync()]);
    expect(maxAbsoluteDifference(Float32Array.from(got), Float32Array.from(pairs))).toBeLessThan(1e-6);
  });

  it('has the gradient of finite differences of its value, scaled by the incoming gradient', () => {
    const at = [0.3, -1, 0.5, 2, 0, 0.1, -3, 1];
    const gates = [tf.tensor2d([1, 0, 0, 1], [2, 2])];
    const rewards = tf.tensor2d([0.3, -2, 1, 0.5], [2, 2]);
    const loss = (x: tf.Tensor): tf.Scalar => tf.mul(reinforceLoss([x as tf.Tensor3D], gates, rewards), 5);
    const slope = tf
      .grad(loss)(tf.tensor3d(at, [2, 2, 2]))
      .dataSync();
    const differences = numericalGradient((x) => loss(tf.tensor3d(x, [2, 2, 2])).dataSync()[0]!, at);
    expect(maxAbsoluteDifference(slope, differences)).toBeLessThan(2e-3);
  });

  it('gives on average over all patterns the gradient of minus the expected reward', () => {
    const costReward = 0.7;
    const logOdds = [0.4, -1.1, 0.2];
    const classLogits = (pattern: readonly number[]): number[] => [
      pattern[0]! * 1.3 - pattern[1]! * pattern[2]!,
      0.5 * pattern[1]! + 0.2,
    ];
    const entropy = (pattern: readonly number[]): number => {
      const [own, other] = classLogits(pattern) as [number, number];
      return Math.log(1 + Math.exp(other - own));
    };
    const chance = (pattern: readonly number[], odds: ArrayLike<number>): number =>
      pattern.reduce((product, open, k) => product * (open ? sigmoid(odds[k]!) : 1 - sigmoid(odds[k]!)), 1);
    // written without the code under test: what an image earns on average, over all patterns
    const expected = (odds: ArrayLike<number>): number =>
      patternsOf(3).reduce((sum, pattern) => {
        const closed = pattern.filter((open) => !open).length;
        return sum + chance(pattern, odds) * ((costReward * closed) / 3 - entropy(pattern));
      }, 0);
    const exact = logOdds.map((_, k) => {
      const moved = (by: number) => logOdds.map((one, i) => (i === k ? one + by : one));
      return -(expected(moved(1e-4)) - expected(moved(-1e-4))) / 2e-4;
    });

    const estimate = [0, 0, 0];
    for (const pattern of patternsOf(3)) {
      const gates = pattern.map((open) => tf.tensor2d([[open]]));
      const returns = skippingReturns(gates, tf.tensor2d([classLogits(pattern)]), [0], { costReward });
      const slopes = tf.grads((...x) => reinforceLoss(x as tf.Tensor3D[], gates, returns))(
        logOdds.map((odds) => tf.tensor3d([[[0, odds]]])),
      );
      slopes.forEach((slope, k) => (estimate[k]! += chance(pattern, logOdds) * slope.dataSync()[1]!));
    }
    estimate.forEach((each, k) => {
      expect(Math.abs(each - exact[k]!)).toBeLessThan(1e-6);
    });
    expect(Math.max(...exact.map(Math.abs))).toBeGreaterThan(0.05);
  });

  it('neither overflows nor hides NaN, passes no gradient to rewards, and leaves no tensor', () => {
    const open = [tf.tensor2d([[1]])];
    const far = [tf.tensor3d([[[1e4, -1e4]]])];
    const reward = tf.tensor2d([[1]]);
    expect(reinforceLoss(far, open, reward).dataSync()[0]).toBe(20_000);
    expect(reinforceLoss([tf.tensor3d([[[NaN, 0]]])], open, reward).dataSync()[0]).toBeNaN();
    const ofRewards = tf.grad((x) => reinforceLoss(far, open, x as tf.Tensor2D));
    expect(() => ofRewards(reward)).toThrow(/[Cc]annot compute gradient/);
    expectNoLeak(() => reinforceLoss(far, open, reward));
    expectNoLeak(() => tf.grad((x) => reinforceLoss([x as tf.Tensor3D], open, reward))(far[0]!));
  });

  it('refuses shapes that do not fit', () => {
    const gates = [tf.zeros<tf.Rank.R2>([2, 1]), tf.zeros<tf.Rank.R2>([2, 3])];
    const logits = [tf.zeros<tf.Rank.R3>([2, 1, 2]), tf.zeros<tf.Rank.R3>([2, 3, 2])];
    expect(() => reinforceLoss(logits.slice(1), gates, tf.zeros([2, 4]))).toThrow(
      'gateLogits: expected [2, 1, 2] [2, 3, 2], as the gates, got [2, 3, 2]',
    );
    expect(() => reinforceLoss(logits, gates, tf.zeros([2, 2]))).toThrow(
      'rewards: expected [2, 4], one for each gate of each image, got [2, 2]',
    );
    expect(() => reinforceLoss([], [], tf.zeros([2, 2]))).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
  });
});
