import { expectNoLeak, maxRelativeDifference } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { convolution, maxPool } from './sliding-windows.js';
import operations from '../fixtures/operations.json' with { type: 'json' };
import { stored } from '../fixtures/stored-tensor.js';

describe('convolution', () => {
  it.each(
    operations.convolutions.map(
      (each) => [`${JSON.stringify(each.unit)} on ${each.x.shape.join('x')}`, each] as const,
    ),
  )('is what PyTorch computes, forwards and backwards: %s', (_, fixture) => {
    const x = stored<tf.Rank.R4>(fixture.x);
    const weight = stored<tf.Rank.R4>(fixture.weight);
    const y = convolution(x, weight, fixture.unit);
    expect(y.shape).toEqual(fixture.y.shape);
    expect(maxRelativeDifference(y.dataSync(), fixture.y.data)).toBeLessThan(1e-6);
    const [dx, dweight] = tf.grads((x, weight) =>
      convolution(x as tf.Tensor4D, weight as tf.Tensor4D, fixture.unit),
    )([x, weight], stored(fixture.upstream));
    expect(maxRelativeDifference(dx!.dataSync(), fixture.dx.data)).toBeLessThan(1e-6);
    expect(maxRelativeDifference(dweight!.dataSync(), fixture.dweight.data)).toBeLessThan(1e-6);
  });

  it('keeps nothing behind', () => {
    const x = tf.ones<tf.Rank.R4>([1, 6, 6, 4]);
    const weight = tf.ones<tf.Rank.R4>([3, 3, 2, 4]);
    expectNoLeak(() => convolution(x, weight, { kernelSize: 3, stride: 2, padding: 1, groups: 2 }));
  });
});

describe('maxPool', () => {
  it.each(
    operations.pools.map(
      (each) => [`${JSON.stringify(each.pool)} on ${each.x.shape.join('x')}`, each] as const,
    ),
  )('is what PyTorch computes, forwards and backwards: %s', (_, fixture) => {
    const x = stored<tf.Rank.R4>(fixture.x);
    const y = maxPool(x, fixture.pool);
    expect(y.shape).toEqual(fixture.y.shape);
    expect([...y.dataSync()]).toEqual([...Float32Array.from(fixture.y.data)]);
    const dx = tf.grad((x) => maxPool(x as tf.Tensor4D, fixture.pool))(x, stored(fixture.upstream));
    expect(maxRelativeDifference(dx.dataSync(), fixture.dx.data)).toBeLessThan(1e-6);
  });
});
