import type { Architecture } from '@dmnn/architecture';
import { type ModelOptions, createArchitecture } from '@dmnn/backbones';
import { type Network, type NetworkOptions, createNetwork } from '@dmnn/network';

/** What the architecture is and how its variables begin. */
export interface CreateModelOptions extends ModelOptions, NetworkOptions {}

/**
 * A network of the zoo, by name, with its variables: {@link createArchitecture}, then {@link createNetwork}.
 *
 * @param name - as in `dmnn models`, or any other N, width or depth by the same pattern
 * @returns the network; its data is `network.architecture`. The caller disposes it.
 * @throws UnknownModelError with near names; SubdivideError if no width fits N sub-blocks
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createModel, likeliest } from 'dmnn';
 *
 * const network = createModel('dmnn-cifar-resnet8-n2', { classes: 10, seed: 1 });
 * const { logits, gates } = network.forward(tf.zeros([1, 32, 32, 3]), {
 *   policy: likeliest,
 *   statistics: 'moving',
 *   execution: 'skipping',
 * });
 * console.log(logits.shape, gates.length); // => [ 1, 10 ] 3
 * ```
 */
export function createModel(name: string, options: CreateModelOptions): Network {
  const { seed, openingRate, openingScale, weights, ...architectureOptions } = options;
  const architecture: Architecture = createArchitecture(name, architectureOptions);
  return createNetwork(architecture, {
    seed,
    ...(openingRate === undefined ? {} : { openingRate }),
    ...(openingScale === undefined ? {} : { openingScale }),
    ...(weights === undefined ? {} : { weights }),
  });
}
