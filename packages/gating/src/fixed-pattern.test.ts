import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fixedPattern, gatesOfPattern } from './fixed-pattern.js';
import { gatePolicies } from './gate-policies.js';

const patterns = fc.array(fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 5,
});

it('opens the sub-blocks of its words for every image, in training and in use, whatever the logits are', () => {
  fc.assert(
    fc.property(patterns, fc.integer({ min: 1, max: 3 }), fc.nat(1000), (pattern, images, seed) => {
      const words = pattern.map((row) => row.map(Number).join('')).join();
      expect(gatesOfPattern(words)).toEqual(pattern);
      const decision = gatePolicies.fixed({ pattern: words });
      const training = decision.training({ seed, epoch: 0, temperature: 1, noiseScale: 1 });
      for (const [blockIndex, row] of pattern.entries()) {
        const logits = tf.randomNormal<tf.Rank.R3>([images, row.length, 2], 0, 9, 'float32', seed);
        const sampleKeys = Array.from({ length: images }, (_, b) => b);
        for (const policy of [training, decision.use]) {
          const gates = policy(logits, { blockIndex, sampleKeys });
          expect(gates.arraySync()).toEqual(sampleKeys.map(() => row.map(Number)));
          gates.dispose();
        }
        logits.dispose();
      }
    }),
  );
});

it.each(['', '10,', '12', '1 0', '10,,11', ',1', 7, undefined])('refuses %j as a pattern', (pattern) => {
  expect(() => fixedPattern({ pattern: pattern as string })).toThrow(
    /^pattern: expected a word of 0 and 1 for each gated block, such as 10,11, got /,
  );
});
