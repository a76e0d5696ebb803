import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { classificationLoss } from './classification-loss.js';
import pytorch from './fixtures/cross-entropy.json' with { type: 'json' };

describe('classificationLoss', () => {
  it('is the log of the number of classes for a uniform prediction', () => {
    expect(classificationLoss(tf.zeros([3, 10]), [0, 4, 9]).dataSync()[0]).toBeCloseTo(Math.log(10), 6);
  });

  it('is the mean of log-sum-exp minus the logit of the label', () => {
    // log(e + e² + e³) − 3 = 0.407606; log(1 + e) − 0 = 1.313262 with an impossible class
    const loss = classificationLoss(
      tf.tensor2d([
        [1, 2, 3],
        [0, 1, -50],
      ]),
      Int32Array.of(2, 0),
    );
    expect(loss.shape).toEqual([]);
    expect(loss.dataSync()[0]).toBeCloseTo((0.407606 + 1.313262) / 2, 5);
  });

  it.each(pytorch.cases)(
    'agrees with PyTorch: $images images, $classes classes, smoothing $labelSmoothing',
    ({ images, classes, labelSmoothing, logits, labels, ...reference }) => {
      const x = tf.tensor2d(logits, [images, classes]);
      const result = tf.valueAndGrad((y) => classificationLoss(y as tf.Tensor2D, labels, { labelSmoothing }))(
        x,
      );
      // float32 against float64
      expect(Math.abs(result.value.dataSync()[0]! / reference.loss - 1)).toBeLessThan(1e-6);
      expect(maxAbsoluteDifference(result.grad.dataSync(), reference.gradient)).toBeLessThan(2e-7);
    },
  );

  it('has the gradient of finite differences, scaled by the incoming gradient', () => {
    const at = [0.3, -1, 0.5, 2, 0, 0.1];
    const loss = (x: Float32Array) =>
      classificationLoss(tf.tensor2d(x, [2, 3]), [2, 0], { labelSmoothing: 0.2 });
    const slope = tf.grad((x) =>
      tf.mul(classificationLoss(x as tf.Tensor2D, [2, 0], { labelSmoothing: 0.2 }), 3),
    );
    const differences = numericalGradient((x) => 3 * loss(x).dataSync()[0]!, at);
    expect(maxAbsoluteDifference(slope(tf.tensor2d(at, [2, 3])).dataSync(), differences)).toBeLessThan(1e-3);
  });

  it('neither overflows nor loses a confident mistake', () => {
    const logits = tf.tensor2d([
      [3e38, -3e38],
      [1e4, 0],
    ]);
    const { value, grad } = tf.valueAndGrad((x) => classificationLoss(x as tf.Tensor2D, [0, 1]))(logits);
    expect(value.dataSync()[0]).toBe(5000); // (0 + 10,000) / 2
    expect([...grad.dataSync()]).toEqual([0, 0, 0.5, -0.5]);
  });

  it('handles impossible classes', () => {
    const masked = tf.tensor2d([[0, 0, -Infinity]]);
    expect(classificationLoss(masked, [1]).dataSync()[0]).toBeCloseTo(Math.log(2), 6);
    expect(classificationLoss(masked, [2]).dataSync()[0]).toBe(Infinity);
  });

  it('shows NaN', () => {
    expect(classificationLoss(tf.tensor2d([[NaN, 1]]), [0]).dataSync()[0]).toBeNaN();
  });

  it('leaves no tensor, with and without a tape', () => {
    const logits = tf.tensor2d([[1, 2, 3]]);
    expectNoLeak(() => classificationLoss(logits, [1]));
    expectNoLeak(() => tf.grad((x) => classificationLoss(x as tf.Tensor2D, [1]))(logits));
    expectNoLeak(() => {
      const { value, grads } = tf.variableGrads(() => classificationLoss(variable, [1]), [variable]);
      return [value, grads];
    });
  });

  it.each([[[3]], [[-1]], [[1.5]], [[NaN]]])(
    'refuses the label in %j, which a one-hot vector would hide',
    (labels) => {
      const logits = tf.zeros<tf.Rank.R2>([1, 3]);
      expect(() => classificationLoss(logits, labels)).toThrow(
        expect.objectContaining({ code: 'DMNN_LOSS' }),
      );
      expect(() => classificationLoss(logits, labels)).toThrow(
        `labels[0]: expected an integer in 0 … 2, got ${labels[0]}`,
      );
    },
  );

  it('rejects labels and logits that do not match', () => {
    const logits = tf.zeros<tf.Rank.R2>([2, 3]);
    expect(() => classificationLoss(logits, [1])).toThrow(
      'labels: expected 2 plain integers, one for each image, got 1',
    );
    // @ts-expect-error a tensor cannot be checked without reading it back
    expect(() => classificationLoss(logits, tf.tensor1d([0, 1], 'int32'))).toThrow('got a tensor');
    expect(() => classificationLoss(tf.zeros([0, 3]), [])).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    expect(() => classificationLoss(tf.zeros<tf.Rank>([3]) as tf.Tensor2D, [1])).toThrow(
      'logits: expected [B, C]',
    );
    for (const labelSmoothing of [-0.1, 1, NaN]) {
      expect(() => classificationLoss(logits, [0, 1], { labelSmoothing })).toThrow(RangeError);
    }
  });
});

const variable = tf.variable<tf.Rank.R2>(tf.tensor2d([[1, 2, 3]]));
