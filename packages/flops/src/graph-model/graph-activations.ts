import { activationOperationsOf } from '../layers-model/activation-operations.js';

/** Names of activations in TensorFlow that tfjs-layers writes otherwise. */
const layerNames: { readonly [name: string]: string } = {
  logsoftmax: 'logSoftmax',
  hardsigmoid: 'hardSigmoid',
};

/** Operations per value of an activation by its name in a graph, in lower case; undefined if it is unknown. */
export function activationOperations(name: string): number | undefined {
  if (name === 'leakyrelu') return 2;
  return activationOperationsOf(layerNames[name] ?? name);
}
