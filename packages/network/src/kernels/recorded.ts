import * as tf from '@tensorflow/tfjs-core';

/** An operation of several tensors to several tensors, with its gradient. */
export interface RecordedOperation {
  /** Every tensor that has a gradient, by name: one that is captured instead silently gets none. */
  readonly inputs: { readonly [name: string]: tf.Tensor };
  /** Runs it; `save` keeps tensors for the gradient, to be called once at most. */
  readonly forward: (save: (tensors: tf.Tensor[]) => void) => tf.Tensor[];
  /**
   * Upstream gradients, one for each output, and what was saved → a function for each input that gives its gradient.
   * Only those that somebody wants are called. Captures no tensor.
   */
  readonly backward: (
    upstream: readonly tf.Tensor[],
    saved: readonly tf.Tensor[],
  ) => { readonly [name: string]: () => tf.Tensor };
}

/** What `tf.customGrad` is a thin cover of: its cover allows one output only, and computes gradients nobody asked for. */
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
 * Runs an operation with several outputs and notes its gradient on the tape.
 *
 * An output that nothing depends on gets zeros upstream, of its full size: ask for no output that is not used.
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
 * over, which costs a third of its memory. Keeps them if a tape is on: a gradient of the gradient needs them.
 */
export function releaseAfterGradient(tensors: readonly tf.Tensor[]): void {
  if (!tf.engine().isTapeOn()) tf.dispose([...tensors]);
}
