import { maxRelativeDifference } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import operations from '../fixtures/operations.json' with { type: 'json' };
import { stored } from '../fixtures/stored-tensor.js';
import { maxPool } from './max-pool.js';

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
