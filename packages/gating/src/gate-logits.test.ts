import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { gateLogOdds } from './gate-logits.js';
import { thresholded } from './thresholded.js';

it('is on minus off of each pair, and its logistic is the probability compared with thresholds', () => {
  const logits = tf.tensor3d([[[1, 3], [0, -1.5]], [[2, 2], [-1, 0.25]]]); // prettier-ignore
  const logOdds = gateLogOdds(logits);
  expect(logOdds.arraySync()).toEqual([
    [2, -1.5],
    [0, 1.25],
  ]);
  // p = 1 / (1 + e^(−log-odds)): 0.88, 0.18, 0.5, 0.78
  const gates = thresholded({ threshold: 0.6 })(logits, { blockIndex: 0, sampleKeys: [0, 1] });
  expect(gates.arraySync()).toEqual([
    [1, 0],
    [0, 1],
  ]);
});

it('leaves no tensor behind', () => {
  const logits = tf.zeros<tf.Rank.R3>([2, 3, 2]);
  expectNoLeak(() => gateLogOdds(logits));
});
