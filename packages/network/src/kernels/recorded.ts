import * as tf from '@tensorflow/tfjs-core';

/** An operation of several tensors to several tensors, with its gradient. */
export interface RecordedOperation {
  /** Every tensor that has a gradient, by name: a captured tensor silently gets none. */
  readonly inputs: { readonly [name: string]: tf.Tensor };
  /** Runs it; `save` keeps tensors for the gradient, call it once at most. */
  readonly forward: (save: (tensors: tf.Tensor[]) => void) => tf.Tensor[];
  /**
   * Upstream gradients, one for each output, and what was saved → a function for each input that gives its gradient.
   * Only the needed ones are called. Must not capture tensors.
   */
  readonly backward: (
    upstream: readonly tf.Tensor[],
    saved: readonly tf.Tensor[],
  ) => { readonly [name: string]: () => tf.Tensor };
}

/** The engine method behind `tf.customGrad`, which allows only one output and computes gradients that nothing needs. */
interface RecordingEngine {
  runKernelFunc(parameters: {
    readonly inputs: { readonly [name: string]: tf.Tensor };
    readonly forwardFunc: (backend: unknown, save: (tensors: tf.Tensor[]) => void) => tf.Tensor | tf.Tensor[];
    readonly backwardsFunc: (
      upstream: tf.Tensor | tf.Tensor[],
      saved: tf.Tensor[],
    ) => { readonly [name: string]: () => tf.Tensor };
  }): tf.Tensor | tf.Tensor[];
}

/**
 * Runs an operation with several outputs and records its gradient on the tape.
 *
 * An unused output gets full-size zeros as upstream gradient: return only outputs that are used.
 */
export function recorded({ inputs, forward, backward }: RecordedOperation): tf.Tensor[] {
  const engine = tf.engine() as unknown as RecordingEngine;
  const outputs = engine.runKernelFunc({
    inputs,
    forwardFunc: (_, save) => forward(save),
    backwardsFunc: (upstream, saved) => backward(Array.isArray(upstream) ? upstream : [upstream], saved),
  });
  return Array.isArray(outputs) ? outputs : [outputs];
}

/**
 * Frees tensors that only a gradient needed, once it has been computed: tfjs would keep them until the backward pass is
 * over, which costs a third of its memory. Keeps them if a tape is on, for the gradient of the gradient.
 */
export function releaseAfterGradient(tensors: readonly tf.Tensor[]): void {
  if (!tf.engine().isTapeOn()) tf.dispose([...tensors]);
}
