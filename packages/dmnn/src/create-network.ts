import type { Architecture } from '@dmnn/architecture';
import { type ModelOptions, createArchitecture } from '@dmnn/backbones';
import type { Network, NetworkOptions } from '@dmnn/network';

/** Options of the architecture, and the initial values of its variables. */
export interface CreateNetworkOptions extends ModelOptions, NetworkOptions {}

/**
 * A network of the zoo, by name, with its variables: {@link createArchitecture}, then `createNetwork` of `@dmnn/network`,
 * which is loaded at the first call.
 *
 * @param name - as in `dmnn models`, or any other N, width or depth by the same pattern
 * @returns the network; its data is `network.architecture`. The caller disposes it.
 * @throws DmnnError `DMNN_UNKNOWN_MODEL` with near names; DmnnError `DMNN_SUBDIVIDE` if no width fits N sub-blocks
 * @throws RangeError if an option is out of its range; WeightsError if `weights` are not this architecture's
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createNetwork } from 'dmnn';
 *
 * const network = await createNetwork('dmnn-cifar-resnet8-n2', { classes: 10, seed: 1 });
 * const images = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
 * const { logits, gates } = network.forward(images, { statistics: 'moving', execution: 'skipping' });
 * console.log(logits.shape, gates.length); // => [ 1, 10 ] 3
 * ```
 */
export async function createNetwork(name: string, options: CreateNetworkOptions): Promise<Network> {
  const { seed, openingRate, openingScale, weights, ...architectureOptions } = options;
  const architecture: Architecture = createArchitecture(name, architectureOptions);
  const network = await import('@dmnn/network');
  return network.createNetwork(architecture, { seed, openingRate, openingScale, weights });
}
