import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { tinyDynamic } from '@dmnn/test-networks';
import { assertTensorLibrary } from './forward-checks.js';
import { createNetwork } from './create-network.js';

const conv2dGradient = tf.getGradient('Conv2D');

describe('assertTensorLibrary', () => {
  it('says which import is missing when a tape is on and nobody registered gradients', () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    const images = tf.ones<tf.Rank.R4>([2, 8, 8, 3]);
    const policy = (logits: tf.Tensor3D) => tf.ones<tf.Rank.R2>([logits.shape[0], logits.shape[1]]);
    const run = () => network.forward(images, { policy, statistics: 'batch', execution: 'masked' }).logits;
    tf.unregisterGradient('Conv2D');
    try {
      expect(run).not.toThrow();
      expect(() =>
        tf.variableGrads(() => tf.sum(run()), [...network.variables.values()].slice(0, 1)),
      ).toThrow(
        expect.objectContaining({
          code: 'DMNN_TENSOR_LIBRARY',
          message: expect.stringContaining("Import '@tensorflow/tfjs'"),
        }),
      );
    } finally {
      tf.registerGradient(conv2dGradient);
    }
  });

  it('recognises a tensor of another copy', () => {
    // another copy's Tensor is another class with the same members
    class Tensor {
      readonly shape = [1];
      dataSync() {
        return new Float32Array(1);
      }
    }
    expect(() => {
      assertTensorLibrary(new Tensor() as unknown as tf.Tensor);
    }).toThrow(/another copy.*npm ls @tensorflow\/tfjs-core/);
  });

  it('takes variables for images', () => {
    const images = tf.variable(tf.zeros([1]));
    expect(() => {
      assertTensorLibrary(images);
    }).not.toThrow();
    images.dispose();
  });
});
