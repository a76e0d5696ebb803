import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { chooseBackend } from './choose/choose-backend.js';
import { normal, relativeDifferences } from './fixtures/on-backend.js';

beforeAll(() => chooseBackend({ prefer: 'wasm', threads: 2 }));

/** A residual block and an inverted residual with everything that training meets, by tfjs's own gradients. */
function loss(x: tf.Tensor4D, weights: tf.Tensor[]): tf.Scalar {
  const [stem, expand, depthwise, project, linear, gate] = weights as [
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor2D,
    tf.Tensor1D,
  ];
  const normalised = (t: tf.Tensor4D): tf.Tensor4D => {
    const { mean, variance } = tf.moments(t, [0, 1, 2]);
    const size: [number] = [t.shape[3]];
    const [offset, scale] = [tf.zeros<tf.Rank.R1>(size), tf.ones<tf.Rank.R1>(size)];
    return tf.batchNorm4d(t, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, 1e-5);
  };
  let y = tf.relu(
    normalised(
      tf.conv2d(
        x,
        stem,
        2,
        [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ],
        'NHWC',
        1,
        'floor',
      ),
    ),
  );
  y = tf.maxPool(y, 3, 1, 'same');
  let z = tf.relu6(normalised(tf.conv2d(y, expand, 1, 'valid')));
  z = tf.relu6(
    tf.depthwiseConv2d(
      tf.pad(z, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]),
      depthwise,
      1,
      'valid',
    ),
  );
  z = tf.mul(tf.conv2d(z, project, 1, 'valid'), tf.sigmoid(gate));
  y = tf.add(tf.avgPool(tf.concat([y, z], 3), 2, 2, 'valid'), 0.1);
  const logits = tf.matMul(tf.mean<tf.Tensor2D>(y, [1, 2]), linear);
  const labels = tf.oneHot(tf.tensor1d([0, 2, 1], 'int32'), 3);
  const picked = tf.gather(logits, tf.tensor1d([1, 1, 0], 'int32'));
  return tf.add(tf.losses.softmaxCrossEntropy(labels, logits), tf.mean(tf.square(picked)));
}

it('gives the losses and gradients of the cpu backend', async () => {
  const differences = await relativeDifferences('wasm', 'cpu', () => {
    const x = normal<tf.Rank.R4>([3, 12, 12, 3], 1);
    const shapes: [number, number, number, number][] = [
      [3, 3, 3, 6],
      [1, 1, 6, 10],
      [3, 3, 10, 1],
      [1, 1, 10, 6],
    ];
    const weights = [
      ...shapes.map((shape, i) => normal<tf.Rank.R4>(shape, i + 2)),
      normal<tf.Rank.R2>([12, 3], 7),
      normal<tf.Rank.R1>([6], 8),
    ];
    return [loss(x, weights), ...tf.grads((...given) => loss(x, given))(weights)];
  });
  expect(differences).toHaveLength(7);
  for (const difference of differences) expect(difference).toBeLessThan(2e-5);
});
