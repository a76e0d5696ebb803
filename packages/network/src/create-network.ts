import { type Architecture, validateArchitecture } from '@dmnn/architecture';
import { type InitialWeightsOptions, type Weights, initialWeights, variableSpecs } from '@dmnn/weights';
import { fittingValues } from '@dmnn/weights/internal';
import { NamedVariables } from './layers/layer-variables.js';
import { Network } from './network.js';

/** Settings of {@link createNetwork}. */
export interface NetworkOptions extends InitialWeightsOptions {
  /** Start from these instead; they must fit as for {@link Network.load}. */
  readonly weights?: Weights | undefined;
}

/**
 * Creates a network: the variables of an architecture, bound to its layers.
 *
 * @throws ArchitectureError if the architecture is not valid
 * @throws RangeError if `seed`, `openingRate` or `openingScale` is out of its range, or if there is not one for each sub-block or block
 * @throws WeightsError if `weights` are not this architecture's, with every difference
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { likeliest } from '@dmnn/gating';
 * import { createNetwork } from '@dmnn/network';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-n2'), { seed: 1 });
 * const images = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
 * const pass = network.forward(images, { policy: likeliest, statistics: 'moving', execution: 'skipping' });
 * console.log(pass.logits.shape.join(), pass.gates.length); // => 1,100 3
 * tf.dispose([images, pass]);
 * network.dispose();
 * ```
 */
export function createNetwork(architecture: Architecture, options: NetworkOptions): Network {
  const valid = validateArchitecture(architecture);
  const specs = variableSpecs(valid);
  const { weights } = options;
  const valueOf = weights ? fittingValues(valid.name, specs, weights) : initialValues(valid, options);
  const variables = new NamedVariables(valid.name, specs, ({ name }) => valueOf(name));
  return new Network(valid, variables);
}

/** Nothing else holds these arrays: the backend may keep them. */
function initialValues(
  architecture: Architecture,
  options: InitialWeightsOptions,
): (name: string) => Float32Array {
  const weights = initialWeights(architecture, options);
  return (name) => weights.get(name)?.data as Float32Array;
}
