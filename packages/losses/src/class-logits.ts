import { assertTensor } from '@dmnn/foundation';
import type * as tf from '@tensorflow/tfjs-core';
import { lossError } from './loss-error.js';

/** @throws DmnnError `DMNN_LOSS` unless the logits are `[B, C]`, with at least one image */
export function assertClassLogits(logits: tf.Tensor2D): void {
  assertTensor('logits', logits, 'a tensor [B, C] (image, class)');
  if (logits.rank === 2 && logits.size > 0) return;
  throw lossError(
    'logits',
    '[B, C] (image, class)',
    `[${logits.shape.join(', ')}]`,
    'Pass the output of a linear layer for at least one image.',
  );
}
