import { classificationLoss, distillationLoss } from '@dmnn/losses';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { exitLoss } from './exit-loss.js';

const labels = Int32Array.of(2, 0);

function pass() {
  return {
    logits: tf.tensor2d([
      [1, 0, 3],
      [2, -1, 0],
    ]),
    exitLogits: [
      tf.tensor2d([
        [0, 0, 0],
        [0, 0, 0],
      ]),
      tf.tensor2d([
        [0, 1, 2],
        [1, 1, 0],
      ]),
    ],
  };
}

describe('exitLoss', () => {
  it('adds the cross entropy of each exit times its weight, by hand', () => {
    const loss = exitLoss(pass(), labels, { weights: [0.5, 2], distillation: null }, 0).dataSync()[0];
    // of the first: log 3; of the second: log(1 + e + e²) − 2 and log(2e + 1) − 1
    const second = (Math.log(1 + Math.E + Math.E ** 2) - 2 + Math.log(2 * Math.E + 1) - 1) / 2;
    expect(loss).toBeCloseTo(0.5 * Math.log(3) + 2 * second, 5);
  });

  it('adds what the head teaches, and the head has no gradient of it', () => {
    const { logits, exitLogits } = pass();
    const distillation = { temperature: 2, weight: 0.7 };
    const settings = { weights: [1, 0], distillation };
    const expected =
      (classificationLoss(exitLogits[0] as tf.Tensor2D, labels, { labelSmoothing: 0.1 }).dataSync()[0] ?? 0) +
      0.7 * (distillationLoss(exitLogits[0] as tf.Tensor2D, logits, distillation).dataSync()[0] ?? 0);
    expect(exitLoss({ logits, exitLogits }, labels, settings, 0.1).dataSync()[0]).toBeCloseTo(expected, 5);

    const [head, exit] = [tf.variable(logits), tf.variable(exitLogits[0] as tf.Tensor2D)];
    const { grads } = tf.variableGrads(() =>
      // multiplied by 1, so that the tape holds both
      exitLoss({ logits: tf.mul(head, 1), exitLogits: [tf.mul(exit, 1)] }, labels, settings, 0),
    );
    expect(grads[head.name]?.dataSync().every((value) => value === 0) ?? true).toBe(true);
    expect(grads[exit.name]?.dataSync().some((value) => value !== 0)).toBe(true);
    tf.dispose([grads, head, exit]);
  });
});
