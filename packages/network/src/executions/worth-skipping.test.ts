import { convUnit } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConvLayer } from '../layers/conv-layer.js';
import { withEitherKernels } from '../fixtures/kernel-sets.js';
import { isWorthSkipping } from './worth-skipping.js';

/** A bottleneck's units, as far as costs go. */
function units(channels: number, hidden: number): ConvLayer[] {
  return [
    convUnit(1, channels, hidden),
    convUnit(3, hidden, hidden),
    convUnit(1, hidden, channels, { activation: 'none' }),
  ].map(
    (unit) =>
      ({
        unit,
        weight: tf.zeros([unit.kernelSize, unit.kernelSize, unit.inChannels, unit.outChannels]),
      }) as unknown as ConvLayer,
  );
}

withEitherKernels(() => {
  describe('isWorthSkipping', () => {
    it('is true for half of a batch of photographs in every stage of ResNet-50', () => {
      for (const [sizePx, channels, hidden] of [
        [56, 256, 40],
        [28, 512, 80],
        [14, 1024, 160],
        [7, 2048, 320],
      ] as const) {
        const x = tf.zeros<tf.Rank.R4>([32, sizePx, sizePx, channels]);
        expect(isWorthSkipping(units(channels, hidden), x, 16)).toBe(true);
        x.dispose();
      }
    });

    it('is false where next to nothing is saved', () => {
      const x = tf.zeros<tf.Rank.R4>([2, 8, 8, 4]);
      expect(isWorthSkipping(units(4, 2), x, 1)).toBe(false);
    });

    it('is true of fewer rows if it is true of more', () => {
      const x = tf.zeros<tf.Rank.R4>([40, 16, 16, 32]);
      const layers = units(32, 16);
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 39 }), (rows) => {
          if (isWorthSkipping(layers, x, rows)) expect(isWorthSkipping(layers, x, rows - 1)).toBe(true);
        }),
      );
      expect(isWorthSkipping(layers, x, 0)).toBe(true);
      expect(isWorthSkipping(layers, x, 40)).toBe(false);
    });
  });
});
