import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';

import operations from '../fixtures/operations.json' with { type: 'json' };
import { stored } from '../fixtures/stored-tensor.js';
import { withKernels } from '../fixtures/with-kernels.js';
import { relu, relu6 } from './activate.js';

describe.each([
  ['relu', relu, 'DmnnReluGrad'],
  ['relu6', relu6, 'DmnnRelu6Grad'],
] as const)('%s', (name, activation, kernel) => {
  const fixture = operations.activations[name];

  it('is what PyTorch computes, kinks included', () => {
    const x = stored(fixture.x);
    expect([...activation(x).dataSync()]).toEqual(fixture.y.data);
    const dx = tf.grad((x: tf.Tensor) => activation(x))(x, stored(fixture.upstream));
    // every slope is 0 or 1: exact but for the fixture's rounding to float32 (+ 0: zeros without sign)
    expect([...dx.dataSync()].map((each) => each + 0)).toEqual([...Float32Array.from(fixture.dx.data)]);
  });

  it('does not hide NaN', () => {
    expect(activation(tf.scalar(NaN)).dataSync()[0]).toBeNaN();
  });

  it('keeps nothing behind', () => {
    const x = stored(fixture.x);
    expectNoLeak(() => activation(x));
    expectNoLeak(() => tf.grad((x: tf.Tensor) => tf.sum(activation(x)))(x));
  });

  it('asks for the registered gradient by name, with the result and not the input', () => {
    const x = tf.tensor1d([-1, 7]);
    const seen: string[] = [];
    const run = ({ inputs }: { inputs: { readonly [name: string]: tf.Tensor } }) => {
      seen.push(
        Object.entries(inputs)
          .map(([key, value]) => `${key} ${value.dataSync().join()}`)
          .join('; '),
      );
      return tf.tensor1d([3, 4]);
    };
    withKernels({ [kernel]: run }, () => {
      const dx = tf.grad((x: tf.Tensor) => activation(x))(x, tf.tensor1d([5, 6]));
      expect([...dx.dataSync()]).toEqual([3, 4]);
    });
    expect(seen).toEqual([`dy 5,6; y 0,${Math.min(7, name === 'relu6' ? 6 : 7)}`]);
  });
});
