import * as tf from '@tensorflow/tfjs-core';

interface TapeState {
  readonly gradientDepth: number;
  activeTape: { readonly saved?: readonly tf.Tensor[] }[] | null;
}

/**
 * Frees tensors that a tape kept for a gradient that will not be computed because the pass failed: tfjs leaks them.
 *
 * Call it outside the gradient function, after catching its exception.
 */
export function releaseTape(): void {
  const { state } = tf.engine() as unknown as { state: TapeState };
  if (state.gradientDepth > 0 || state.activeTape === null) return;
  for (const { saved = [] } of state.activeTape) tf.dispose([...saved]);
  state.activeTape = null;
}
