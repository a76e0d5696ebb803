import type { Architecture } from '@dmnn/architecture';
import type { Weights } from './weights.js';

/**
 * A network as plain data: no tensors, no backend. The contents of run and model folders, the input of export, pruning
 * and dividing, and of `createNetwork` of `@dmnn/network`, which creates a runnable network from it.
 *
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { type NetworkData, initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('cifar-resnet8');
 * const data: NetworkData = { architecture, weights: initialWeights(architecture, { seed: 1 }) };
 * console.log(data.weights.get('head.linear.bias')?.shape); // => [ 100 ]
 * ```
 */
export interface NetworkData {
  readonly architecture: Architecture;
  /** One tensor per variable, by name, including moving statistics. */
  readonly weights: Weights;
}
