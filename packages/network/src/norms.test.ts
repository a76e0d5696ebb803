import { createArchitecture } from '@dmnn/backbones';
import { scripted } from '@dmnn/gating';
import { expectNoLeak } from '@dmnn/test-kit';
import { arbitraryNumbers, relativeDifference, tinyDynamic } from '@dmnn/test-networks';
import { variableSpecs } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNetwork } from './create-network.js';
import { arbitraryImages } from './fixtures/arbitrary-images.js';
import { withEitherKernels } from './fixtures/kernel-sets.js';
import type { Network } from './network.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });
const measured = { statistics: 'moving', execution: 'masked', norms: true } as const;

/** A convolution with its batch norm in tfjs's own operations, of 3 × 3 and stride 1. */
function unit(network: Network, path: string, x: tf.Tensor4D): tf.Tensor4D {
  const of = (name: string) => network.variables.get(`${path}.${name}`)!;
  const y = tf.conv2d(x, of('weight') as unknown as tf.Tensor4D, 1, 'same');
  return tf.batchNorm4d(
    y,
    of('movingMean') as unknown as tf.Tensor1D,
    of('movingVariance') as unknown as tf.Tensor1D,
    of('beta') as unknown as tf.Tensor1D,
    of('gamma') as unknown as tf.Tensor1D,
    1e-5,
  );
}

withEitherKernels(() => {
  describe('norms of a pass', () => {
    it('are those of what each sub-block gives, by tfjs’s own operations', () => {
      const weights = arbitraryNumbers(variableSpecs(architecture), 5);
      const network = createNetwork(architecture, { seed: 0, weights });
      const images = arbitraryImages(3, 8);
      const x = tf.relu(unit(network, 'stem.unit0', images));
      const expected = [0, 1].map((n) => {
        const path = `stage0.block0.subblock${n}`;
        const y = unit(network, `${path}.unit1`, tf.relu(unit(network, `${path}.unit0`, x)));
        return [...tf.sqrt(tf.sum(tf.square(y), [1, 2, 3])).dataSync()];
      });
      const [norms] = network.forward(images, measured).norms;
      const ours = [0, 1].flatMap((n) => [...tf.slice(norms!, [0, n], [3, 1]).dataSync()]);
      expect(relativeDifference(Float32Array.from(ours), Float32Array.from(expected.flat()))).toBeLessThan(
        1e-5,
      );
      network.dispose();
    });

    it('change nothing else of the pass, open or not, and are of closed sub-blocks too', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const images = arbitraryImages(3, 8);
      const policy = scripted([
        [true, false],
        [false, true],
      ]);
      const plain = network.forward(images, { policy, statistics: 'moving', execution: 'masked' });
      const pass = network.forward(images, { ...measured, policy });
      expect(
        relativeDifference(pass.logits.dataSync<'float32'>(), plain.logits.dataSync<'float32'>()),
      ).toBeLessThan(1e-5);
      expect(plain.norms).toEqual([]);
      expect(pass.norms.map(({ shape }) => shape)).toEqual([
        [3, 2],
        [3, 2],
      ]);
      for (const norms of pass.norms) expect(Math.min(...norms.dataSync())).toBeGreaterThan(0);
      expectNoLeak(() => network.forward(images, { ...measured, policy }));
      network.dispose();
    });

    it('are refused where sub-blocks do not run for every image', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      expect(() => network.forward(arbitraryImages(1, 8), { ...measured, execution: 'skipping' })).toThrow(
        "norms: expected execution: 'masked' without leave, got 'skipping'",
      );
      network.dispose();
    });
  });
});
