import { assertList, assertTensor } from '@dmnn/foundation';
import type * as tf from '@tensorflow/tfjs-core';
import { lossError } from './loss-error.js';

/**
 * @throws DmnnError `DMNN_LOSS` unless there is at least one block, and every block has gates `[B, N]` with the same B.
 */
export function assertGates(gates: readonly tf.Tensor2D[], name = 'gates'): void {
  assertList(name, gates, 'one [B, N] tensor for each gated block');
  gates.forEach((each, l) => {
    assertTensor(`${name}[${l}]`, each, 'a tensor [B, N]');
  });
  const images = gates[0]?.shape[0];
  if (images === undefined || gates.some((g) => g.rank !== 2 || g.size === 0 || g.shape[0] !== images)) {
    throw lossError(
      name,
      'one [B, N] tensor for each gated block, of the same B >= 1',
      gates.length === 0 ? 'no block' : gates.map((g) => `[${g.shape.join(', ')}]`).join(' '),
      `Pass the ${name} of one forward pass.`,
    );
  }
}

/**
 * @returns B
 * @throws DmnnError `DMNN_LOSS` unless there is at least one block, and every block has logits `[B, N, 2]` with the same B.
 */
export function assertLogitsOf(gateLogits: readonly tf.Tensor3D[]): number {
  assertList('gateLogits', gateLogits, 'one [B, N, 2] tensor for each gated block');
  gateLogits.forEach((each, l) => {
    assertTensor(`gateLogits[${l}]`, each, 'a tensor [B, N, 2]');
  });
  const images = gateLogits[0]?.shape[0];
  const fits = ({ rank, size, shape }: tf.Tensor3D): boolean =>
    rank === 3 && size > 0 && shape[0] === images && shape[2] === 2;
  if (images === undefined || !gateLogits.every(fits)) {
    throw lossError(
      'gateLogits',
      'one [B, N, 2] tensor for each gated block, of the same B >= 1',
      gateLogits.length === 0 ? 'no block' : gateLogits.map((g) => `[${g.shape.join(', ')}]`).join(' '),
      'Pass the gate logits of one forward pass.',
    );
  }
  return images;
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
