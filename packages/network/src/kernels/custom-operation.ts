import * as tf from '@tensorflow/tfjs-core';

/** Whether the current backend has a kernel of that name. */
export function hasKernel(name: string): boolean {
  const kernel = tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined;
  return kernel !== undefined;
}

/** Whether the current backend has the kernels that `normSum` needs; otherwise the caller composes it of others. */
export function hasNormSum(): boolean {
  return hasKernel('DmnnNormSum') && hasKernel('DmnnNormSumGrad');
}

/** Whether the current backend has the kernels that `packFilter` and `packedConvolution` need. */
export function hasPackedConvolution(): boolean {
  return hasKernel('DmnnPackFilter') && hasKernel('DmnnConvolution');
}

/** Runs a registered kernel. It must have the documented outputs. */
export function runKernel(
  name: string,
  inputs: { [name: string]: tf.Tensor },
  attributes: tf.NamedAttrMap = {},
): tf.Tensor[] {
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, inputs, attributes);
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** Names a list of tensors `name0`, `name1` and so on: a kernel's inputs have names, not positions. */
export function numbered(name: string, tensors: readonly tf.Tensor[]): { [name: string]: tf.Tensor } {
  return Object.fromEntries(tensors.map((tensor, i) => [`${name}${i}`, tensor]));
}

/** An operation of several tensors to several tensors, with its gradient. */
interface RecordedOperation {
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

/** Value and gradient of an operation of several tensors. */
interface WithGradient<I extends readonly tf.Tensor[], O extends tf.Tensor> {
  readonly value: O;
  /** Upstream gradient and what was saved → one gradient for each input. Must not capture tensors. */
  readonly gradFunc: (dy: O, saved: readonly tf.Tensor[]) => { readonly [K in keyof I]: tf.Tensor };
}

/**
 * `tf.customGrad` with types: runs an operation whose gradient is written out.
 *
 * Once a gradient has been computed, what was saved for it is freed, and the upstream gradient of a map too: tfjs keeps
 * both until the whole backward pass is over, which costs a third of its memory.
 *
 * @param inputs - every tensor that has a gradient: a captured tensor silently gets none
 * @param operation - receives the inputs, and a function that keeps tensors for the gradient (call it once at most)
 */
export function customGradient<const I extends readonly tf.Tensor[], O extends tf.Tensor>(
  inputs: I,
  operation: (inputs: I, save: (tensors: tf.Tensor[]) => void) => WithGradient<I, O>,
): O {
  const run = tf.customGrad((...args) => {
    const save = args.pop() as unknown as (tensors: tf.Tensor[]) => void;
    const { value, gradFunc } = operation(args as unknown as I, save);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const gradients = [...gradFunc(dy as O, saved)];
        release(dy, saved, gradients);
        return gradients;
      },
    };
  });
  return run(...inputs);
}

/** Maps `[B, H, W, C]` never leave a network, so nothing else holds their gradients; vectors and states may leave it. */
const MAP_RANK = 4;

function release(dy: tf.Tensor, saved: readonly tf.Tensor[], gradients: readonly tf.Tensor[]): void {
  const ours = dy.rank === MAP_RANK && !gradients.includes(dy);
  releaseAfterGradient(ours ? [...saved, dy] : saved);
}
