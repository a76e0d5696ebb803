import type { DmnnError } from '@dmnn/foundation';
import { likeliest } from '@dmnn/gating';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { createNetwork } from '../create-network.js';
import { explainFailure } from './explain-failure.js';
import type { LargestTensor } from './out-of-memory-error.js';
import { arbitraryImages } from '../fixtures/arbitrary-images.js';
import { tinyDynamic } from '@dmnn/test-networks';
import { releaseTape } from './release-tape.js';

const pass = { architecture: tinyDynamic(), imagesShape: [4, 8, 8, 3], operation: 'the gradient' };

let restore: (() => void) | undefined;
afterEach(() => {
  restore?.();
  restore = undefined;
});

/** Puts a kernel of the cpu backend out of order, from its n-th call on. */
function breakKernel(kernelName: string, kernelFunc: tf.KernelFunc | undefined, calls = 0): void {
  const stock = tf.getKernel(kernelName, 'cpu');
  tf.unregisterKernel(kernelName, 'cpu');
  let left = calls;
  if (kernelFunc) {
    tf.registerKernel({
      ...stock,
      kernelFunc: (call) => (left-- > 0 ? stock.kernelFunc(call) : kernelFunc(call)),
    });
  }
  restore = () => {
    if (kernelFunc) tf.unregisterKernel(kernelName, 'cpu');
    tf.registerKernel(stock);
  };
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

const tensorflow = () => {
  throw new Error('Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[4,8,8,6]');
};

describe('explainFailure', () => {
  it.each([
    'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[1]',
    'wasm memory: no room for a tensor of shape [1]; WebAssembly has 4 GiB.',
    'Array buffer allocation failed',
  ])('knows memory that is out by "%s"', (message) => {
    const cause = new Error(message);
    const error = explainFailure(cause, pass);
    expect(error).toMatchObject({ code: 'DMNN_OUT_OF_MEMORY', details: { batchSize: 4 }, cause });
    expect((error as Error).message).toMatch(/no memory for 4 images.*accumulation: 2/);
  });

  it('leaves what it does not know', () => {
    for (const error of [new Error('Invalid TF_Status: 3\nMessage: shapes'), new RangeError('x'), 'text']) {
      expect(explainFailure(error, pass)).toBe(error);
    }
  });
});

describe('a pass', () => {
  const images = () => arbitraryImages(4, 8);
  const settings = { policy: likeliest, statistics: 'moving', execution: 'masked' } as const;

  it('names the largest tensor when memory is out, and leaves nothing behind', () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    const x = images();
    const before = tf.memory().numTensors;
    breakKernel('Conv2D', tensorflow, 2);
    const error = thrownBy(() => network.forward(x, settings)) as DmnnError;
    expect(error).toMatchObject({ code: 'DMNN_OUT_OF_MEMORY' });
    const { path, shape } = error.details['largestTensor'] as LargestTensor;
    // of all units of the tiny network none makes more of an image of 8 × 8
    const largest = Math.max(
      ...[...network.variables]
        .filter(([name]) => /unit\d\.weight|shortcut\.weight/.test(name))
        .map(([, variable]) => variable.shape[3]!),
    );
    expect(shape[0]).toBe(4);
    expect(shape[3]).toBeLessThanOrEqual(largest);
    expect(network.variables.has(`${path}.weight`)).toBe(true);
    expect(error.message).toContain(`of ${path}, is [${shape.join(', ')}]`);
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
    x.dispose();
  });

  it('leaves nothing behind when memory is out while a tape is on, once the tape is released', () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    const x = images();
    const variables = [...network.variables.values()].filter(({ trainable }) => trainable);
    const before = tf.memory().numTensors;
    for (const [kernel, calls] of [
      ['Conv2D', 3],
      ['AvgPool', 0],
      ['Conv2DBackpropFilter', 1],
    ] as const) {
      breakKernel(kernel, tensorflow, calls);
      const error = thrownBy(() =>
        // the loss itself belongs to the scope around the gradient
        tf.tidy(() =>
          tf.variableGrads(
            () => tf.sum(network.forward(x, { ...settings, statistics: 'batch' }).logits),
            variables,
          ),
        ),
      );
      expect(explainFailure(error, pass)).toMatchObject({ code: 'DMNN_OUT_OF_MEMORY' });
      releaseTape();
      expect(tf.memory().numTensors, `${kernel} after ${calls}`).toBe(before);
      restore?.();
      restore = undefined;
    }
    // and the network can be trained on
    const { value, grads } = tf.variableGrads(
      () => tf.sum(network.forward(x, { ...settings, statistics: 'batch' }).logits),
      variables,
    );
    expect(Number.isFinite(value.dataSync()[0])).toBe(true);
    tf.dispose([value, grads]);
    network.dispose();
    x.dispose();
  });

  it('says which kernel is missing, for what, and where there is one', () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    const x = images();
    breakKernel('Conv2D', undefined);
    const error = thrownBy(() => network.forward(x, settings)) as DmnnError;
    expect(error.code).toBe('DMNN_MISSING_KERNEL');
    expect(error.details).toMatchObject({
      kernel: 'Conv2D',
      backend: 'cpu',
      operation: 'stem.unit0',
      availableOn: [],
    });
    expect(error.message).toContain('expected a kernel Conv2D for stem.unit0, got cpu');
    network.dispose();
    x.dispose();
  });
});
