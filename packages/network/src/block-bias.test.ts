import { type Architecture, paperController } from '@dmnn/architecture';
import { maxRelativeDifference } from '@dmnn/test-kit';
import { type TinyBlock, tinyArchitecture } from '@dmnn/test-networks';
import * as tf from '@tensorflow/tfjs-core';
import { scripted } from '@dmnn/gating';
import { expect, it } from 'vitest';
import { withEitherKernels } from './fixtures/kernel-sets.js';
import { createNetwork } from './create-network.js';
import { arbitraryImages } from './fixtures/arbitrary-images.js';

const block = { kind: 'basic', subBlocks: 2, controller: paperController } as const;

function tiny(shortcut: TinyBlock['shortcut'], bias: boolean): Architecture {
  return tinyArchitecture([{ ...block, shortcut, bias }]);
}

withEitherKernels(() => {
  it.each(['identity', 'projection', 'pad'] as const)(
    'a closed block with shortcut %s gives activation(shortcut + bias); zeros change nothing',
    (shortcut) => {
      const plain = createNetwork(tiny(shortcut, false), { seed: 3 });
      const biased = createNetwork(tiny(shortcut, true), { seed: 3 });
      const images = arbitraryImages(2, 8);
      const logits = (network: typeof plain, open: boolean) =>
        tf.tidy(() =>
          network
            .forward(images, {
              policy: scripted(() => [open, open]),
              statistics: 'moving',
              execution: 'masked',
            })
            .logits.dataSync(),
        );
      for (const open of [true, false]) expect(logits(biased, open)).toEqual(logits(plain, open));

      // so large that the ReLU is the identity: one more in every channel adds the sum of the linear layer's weights
      const bias = biased.variables.get('stage0.block0.bias') as tf.Variable;
      const [once, twice] = [50, 51].map((value) => {
        bias.assign(tf.fill([bias.size], value));
        return logits(biased, false);
      }) as [Float32Array, Float32Array];
      const sums = tf.sum(plain.variables.get('head.linear.weight') as tf.Variable, 0).dataSync();
      const change = twice.map((value, i) => value - (once[i] as number));
      const expected = change.map((_, i) => sums[i % sums.length] as number);
      expect(maxRelativeDifference(change, expected)).toBeLessThan(1e-3); // differences of numbers of 50 in float32
      tf.dispose(images);
      plain.dispose();
      biased.dispose();
    },
  );
});
