import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { contributionLoss } from './contribution-loss.js';
import { contributionScores } from './contribution-scores.js';

describe('contributionScores', () => {
  it('is the logarithm of contribution over cost, less the offset', () => {
    const [first, second] = contributionScores(
      [
        tf.tensor2d([
          [Math.E ** 3, 1],
          [0, Math.E],
        ]),
        tf.tensor2d([[1], [Math.E ** 2]]),
      ],
      { costs: [[Math.E, 1], [Math.E ** 2]], floor: 1 / Math.E, offset: 0.5 },
    );
    // 3 − 1, 0 − 0; the floor e⁻¹ in place of 0, 1 − 0: each less 0.5
    const expected = [1.5, -0.5, -2.5, 0.5];
    expect(maxAbsoluteDifference(first!.dataSync(), expected)).toBeLessThan(1e-6);
    expect(maxAbsoluteDifference(second!.dataSync(), [-2.5, -0.5])).toBeLessThan(1e-6);
  });

  it('orders by contribution per cost: the threshold that opens one opens all that give more for theirs', () => {
    const [a] = contributionScores([tf.tensor2d([[3, 10, 2]])], {
      costs: [[1, 5, 0.5]],
      floor: 1e-3,
      offset: 0,
    });
    const [three, ten, two] = [...a!.dataSync()];
    expect(two!).toBeGreaterThan(three!); // 4 a unit against 3
    expect(three!).toBeGreaterThan(ten!); // against 2
  });

  it('keeps NaN, and leaves no tensor', () => {
    const scale = { costs: [[1, 1]], floor: 1, offset: 0 };
    expect(contributionScores([tf.tensor2d([[NaN, 1]])], scale)[0]!.dataSync()[0]).toBeNaN();
    const contributions = [tf.tensor2d([[2, 1]])];
    expectNoLeak(() => contributionScores(contributions, scale));
  });

  it('refuses what does not fit', () => {
    const one = [tf.tensor2d([[2, 1]])];
    expect(() => contributionScores(one, { costs: [[1]], floor: 1, offset: 0 })).toThrow(
      'costs: expected a finite cost > 0 for each sub-block of 2, got [[1]]',
    );
    expect(() => contributionScores(one, { costs: [[1, 0]], floor: 1, offset: 0 })).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    expect(() => contributionScores(one, { costs: [[1, 1]], floor: 0, offset: 0 })).toThrow(
      'floor: expected a finite number > 0, got 0',
    );
    expect(() => contributionScores(one, { costs: [[1, 1]], floor: 1, offset: NaN })).toThrow(
      'offset: expected a finite number, got NaN',
    );
    expect(() => contributionScores([], { costs: [], floor: 1, offset: 0 })).toThrow(
      'contributions: expected one [B, N] tensor',
    );
  });
});

describe('contributionLoss', () => {
  const logits = [0.3, 1, -0.5, 0.25, 2, 0, 0, 1, 0.1, 0.2, -1, 1];
  const scores = [
    [0.5, -1, 2, 0.125],
    [0.75, -0.25],
  ] as const;
  const of = (values: readonly number[]): tf.Tensor3D[] => [
    tf.tensor3d(values.slice(0, 8), [2, 2, 2]),
    tf.tensor3d(values.slice(8), [2, 1, 2]),
  ];
  const wanted = () => [tf.tensor2d([...scores[0]], [2, 2]), tf.tensor2d([...scores[1]], [2, 1])];

  it('is the mean of squares over images and sub-blocks', () => {
    // on − off: 0.7, 0.75, −2, 1 and 0.1, 2; less the scores: 0.2, 1.75, −4, 0.875 and −0.65, 2.25
    const squares = 0.04 + 3.0625 + 16 + 0.765625 + 0.4225 + 5.0625;
    expect(contributionLoss(of(logits), wanted()).dataSync()[0]).toBeCloseTo(squares / 6, 5);
  });

  it('has the gradient of finite differences, scaled by the incoming one, and none for the scores', () => {
    const loss = (x: tf.Tensor) =>
      contributionLoss([tf.reshape<tf.Rank.R3>(tf.slice(x, 0, 8), [2, 2, 2])], [wanted()[0]!]);
    const slope = tf.grad((x) => tf.mul(loss(x), 3))(tf.tensor1d(logits));
    const differences = numericalGradient((x) => 3 * loss(tf.tensor1d(x)).dataSync()[0]!, logits);
    expect(maxAbsoluteDifference(slope.dataSync(), differences)).toBeLessThan(5e-3);
    const ofScores = tf.grad((x) => contributionLoss(of(logits).slice(0, 1), [x as tf.Tensor2D]));
    expect(() => ofScores(wanted()[0]!)).toThrow(/[Cc]annot compute gradient/);
  });

  it('leaves no tensor, with and without a tape', () => {
    const [own, others] = [of(logits), wanted()];
    expectNoLeak(() => contributionLoss(own, others));
    expectNoLeak(() => tf.grad((x) => contributionLoss([x as tf.Tensor3D], [others[0]!]))(own[0]!));
  });

  it('refuses what does not fit', () => {
    expect(() => contributionLoss([], [])).toThrow(
      'gateLogits: expected one [B, N, 2] tensor for each gated block, of the same B >= 1, got no block',
    );
    expect(() => contributionLoss(of(logits), [wanted()[0]!, wanted()[0]!])).toThrow(
      'scores[1]: expected [2, 1], as the logits of block 1, got [2, 2]',
    );
    expect(() => contributionLoss([tf.zeros([2, 3, 1])], [tf.zeros([2, 3])])).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
  });
});
