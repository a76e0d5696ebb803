import { assertList, assertTensor } from '@dmnn/foundation';
import type * as tf from '@tensorflow/tfjs-core';
import { lossError } from './loss-error.js';

/**
 * @throws DmnnError `DMNN_LOSS` unless there is at least one block, and every block has gates `[B, N]` with the same B.
 */
export function assertGates(gates: readonly tf.Tensor2D[]): void {
  assertList('gates', gates, 'one [B, N] tensor for each gated block');
  gates.forEach((each, l) => {
    assertTensor(`gates[${l}]`, each, 'a tensor [B, N]');
  });
  const images = gates[0]?.shape[0];
  if (images === undefined || gates.some((g) => g.rank !== 2 || g.size === 0 || g.shape[0] !== images)) {
    throw lossError(
      'gates',
      'one [B, N] tensor for each gated block, of the same B >= 1',
      gates.length === 0 ? 'no block' : gates.map((g) => `[${g.shape.join(', ')}]`).join(' '),
      'Pass the gates of one forward pass.',
    );
  }
}

/** @throws DmnnError `DMNN_LOSS` unless `rates` is a vector of at least one rate. */
export function assertRates(rates: tf.Tensor1D): void {
  assertTensor('rates', rates, 'a tensor [L]');
  if (rates.rank !== 1 || rates.size === 0) {
    throw lossError(
      'rates',
      '[L], one for each gated block',
      `[${rates.shape.join(', ')}]`,
      'See executionRates.',
    );
  }
}
