import { expectNoLeak, maxAbsoluteDifference, numericalGradient } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { distillationLoss } from './distillation-loss.js';
import pytorch from './fixtures/distillation.json' with { type: 'json' };

describe('distillationLoss', () => {
  it.each(pytorch.cases)(
    'agrees with PyTorch: $images images, $classes classes, T = $temperature',
    ({ images, classes, temperature, logits, teacher, ...reference }) => {
      const shape = [images, classes] as [number, number];
      const { value, grad } = tf.valueAndGrad((x) =>
        distillationLoss(x as tf.Tensor2D, tf.tensor2d(teacher, shape), { temperature }),
      )(tf.tensor2d(logits, shape));
      // float32 against float64
      expect(Math.abs(value.dataSync()[0]! / reference.loss - 1)).toBeLessThan(2e-6);
      expect(maxAbsoluteDifference(grad.dataSync(), reference.gradient)).toBeLessThan(1e-6);
    },
  );

  it('has the gradient of finite differences, scaled by the incoming gradient', () => {
    const at = [0.3, -1, 0.5, 2, 0, 0.1];
    const teacher = tf.tensor2d([1, 0, -1, 0.5, 0.2, 3], [2, 3]);
    const loss = (x: tf.Tensor) => distillationLoss(x as tf.Tensor2D, teacher, { temperature: 3 });
    const slope = tf.grad((x) => tf.mul(loss(x), 5));
    const differences = numericalGradient((x) => 5 * loss(tf.tensor2d(x, [2, 3])).dataSync()[0]!, at);
    expect(maxAbsoluteDifference(slope(tf.tensor2d(at, [2, 3])).dataSync(), differences)).toBeLessThan(2e-3);
  });

  it('is 0 for the teacher’s classes, and passes no gradient to the teacher', () => {
    const teacher = tf.tensor2d([[3, -1, 0.5]]);
    const shifted = tf.add<tf.Tensor2D>(teacher, 7);
    expect(distillationLoss(shifted, teacher, { temperature: 2 }).dataSync()[0]).toBeCloseTo(0, 6);
    const both = tf.grad((x) =>
      distillationLoss(tf.tensor2d([[1, 2, 3]]), x as tf.Tensor2D, { temperature: 2 }),
    );
    expect(() => both(teacher)).toThrow(/[Cc]annot compute gradient/);
  });

  it('neither overflows nor hides NaN', () => {
    const far = tf.tensor2d([[1e4, -1e4]]);
    const { value, grad } = tf.valueAndGrad((x) =>
      distillationLoss(x as tf.Tensor2D, tf.tensor2d([[-1e4, 1e4]]), { temperature: 1 }),
    )(far);
    expect(value.dataSync()[0]).toBe(20_000);
    expect([...grad.dataSync()]).toEqual([1, -1]);
    expect(distillationLoss(tf.tensor2d([[NaN, 1]]), far, { temperature: 1 }).dataSync()[0]).toBeNaN();
  });

  it('leaves no tensor, with and without a tape', () => {
    const logits = tf.tensor2d([[1, 2, 3]]);
    const teacher = tf.tensor2d([[0, 2, 1]]);
    expectNoLeak(() => distillationLoss(logits, teacher, { temperature: 2 }));
    expectNoLeak(() =>
      tf.grad((x) => distillationLoss(x as tf.Tensor2D, teacher, { temperature: 2 }))(logits),
    );
  });

  it('refuses shapes and temperatures that do not fit', () => {
    const logits = tf.zeros<tf.Rank.R2>([2, 3]);
    expect(() => distillationLoss(logits, tf.zeros([2, 4]), { temperature: 2 })).toThrow(
      'teacherLogits: expected [2, 3], as the logits, got [2, 4]',
    );
    expect(() => distillationLoss(tf.zeros([0, 3]), tf.zeros([0, 3]), { temperature: 2 })).toThrow(
      expect.objectContaining({ code: 'DMNN_LOSS' }),
    );
    for (const temperature of [0, -1, NaN, Infinity])
      expect(() => distillationLoss(logits, logits, { temperature })).toThrow(RangeError);
  });
});
