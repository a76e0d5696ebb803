import {
  expectNoLeak,
  maxAbsoluteDifference,
  maxRelativeDifference,
  numericalGradient,
} from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import operations from '../fixtures/operations.json' with { type: 'json' };
import { stored } from '../fixtures/stored-tensor.js';
import { batchNormTrain } from './batch-norm-train.js';
import { type KernelArguments, withKernels } from '../fixtures/with-kernels.js';

const EPSILON = 1e-5;

describe('batchNormTrain', () => {
  it.each(operations.batchNorms.map((each) => [each.x.shape.join('x'), each] as const))(
    'is what PyTorch computes, forwards and backwards: %s',
    (_, fixture) => {
      const [gamma, beta] = [stored<tf.Rank.R1>(fixture.gamma), stored<tf.Rank.R1>(fixture.beta)];
      const x = stored(fixture.x);
      let statistics: number[][] = [];
      const y = batchNormTrain(x, gamma, beta, EPSILON, (mean, variance) => {
        statistics = [[...mean.dataSync()], [...variance.dataSync()]];
      });
      const [dx, dgamma, dbeta] = tf.grads((x, gamma, beta) =>
        batchNormTrain(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, EPSILON),
      )([x, gamma, beta], stored(fixture.upstream));

      // float32 against float64; the last case has a mean of 15 deviations, which costs a digit
      expect(maxRelativeDifference(y.dataSync(), fixture.y.data)).toBeLessThan(1e-5);
      // of the upstream gradient: of two values alone nearly nothing is left, and rounding of what cancels
      const scale = Math.max(...fixture.upstream.data.map(Math.abs));
      expect(maxAbsoluteDifference(dx!.dataSync(), fixture.dx.data) / scale).toBeLessThan(1e-5);
      expect(maxRelativeDifference(dgamma!.dataSync(), fixture.dgamma.data)).toBeLessThan(2e-5);
      expect(maxRelativeDifference(dbeta!.dataSync(), fixture.dbeta.data)).toBeLessThan(1e-5);
      // PyTorch moves 0.1 of the way, to the unbiased variance
      const count = x.size / gamma.size;
      const moved = (start: number[], latest: number[], factor: number) =>
        start.map((value, c) => 0.9 * value + 0.1 * factor * latest[c]!);
      const means = moved(fixture.movingMean.data, statistics[0]!, 1);
      const variances = moved(fixture.movingVariance.data, statistics[1]!, count / (count - 1));
      expect(maxRelativeDifference(means, fixture.newMovingMean.data)).toBeLessThan(1e-6);
      expect(maxRelativeDifference(variances, fixture.newMovingVariance.data)).toBeLessThan(1e-6);
    },
  );

  it('has the gradient that finite differences have', () => {
    const start = Float32Array.from({ length: 24 }, (_, i) => Math.sin(1.7 * i));
    const probe = tf.tensor(
      Float32Array.from({ length: 24 }, (_, i) => Math.cos(2.3 * i)),
      [2, 2, 2, 3],
    );
    const scale = tf.tensor1d([0.7, 1.3, -0.4]);
    const offset = tf.tensor1d([0.1, 0.2, 0.3]);
    const loss = (x: tf.Tensor) => tf.sum(tf.mul(batchNormTrain(x, scale, offset, EPSILON), probe));
    const numeric = numericalGradient((x) => loss(tf.tensor(x, [2, 2, 2, 3])).dataSync()[0]!, start);
    const analytic = tf.grad(loss)(tf.tensor(start, [2, 2, 2, 3]));
    // central differences with a step of 1e-2: truncation about 1e-4, rounding about 1e-4
    expect(maxRelativeDifference(analytic.dataSync(), numeric)).toBeLessThan(1e-3);
  });

  it('keeps nothing behind, with and without a tape', () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 5],
      [4, 4],
    ]);
    const ones = tf.ones<tf.Rank.R1>([2]);
    expectNoLeak(() => batchNormTrain(x, ones, ones, EPSILON));
    expectNoLeak(() =>
      tf.grad((x: tf.Tensor) => tf.sum(tf.square(batchNormTrain(x, ones, ones, EPSILON))))(x),
    );
  });

  it('runs the registered kernels by name, with the documented inputs and attributes', () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 5],
    ]);
    const scale = tf.tensor1d([1, 2]);
    const offset = tf.tensor1d([0, 1]);
    const seen: string[] = [];
    const kernels = {
      DmnnBatchNormTrain: ({ inputs, attrs }: KernelArguments) => {
        seen.push(`${Object.keys(inputs).join()} ${String(attrs['epsilon'])}`);
        return [tf.fill([2, 2], 7), tf.tensor1d([10, 20]), tf.tensor1d([30, 40])];
      },
      DmnnBatchNormTrainGrad: ({ inputs, attrs }: KernelArguments) => {
        seen.push(
          `${Object.keys(inputs).join()} ${String(attrs['epsilon'])} ${inputs['mean']!.dataSync().join()}`,
        );
        return [tf.fill([2, 2], 8), tf.tensor1d([9, 9]), tf.tensor1d([6, 6])];
      },
    };
    withKernels(kernels, () => {
      expect(batchNormTrain(x, scale, offset, EPSILON).dataSync()[0]).toBe(7);
      const [dx, dscale, doffset] = tf.grads((x, scale, offset) =>
        batchNormTrain(x, scale as tf.Tensor1D, offset as tf.Tensor1D, EPSILON),
      )([x, scale, offset], tf.ones([2, 2]));
      expect([dx, dscale, doffset].map((each) => each!.dataSync()[0])).toEqual([8, 9, 6]);
    });
    expect(seen).toEqual([
      'x,scale,offset 0.00001',
      'x,scale,offset 0.00001',
      'dy,x,scale,mean,variance 0.00001 10,20',
    ]);
  });
});
