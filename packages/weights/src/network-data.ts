import type { Architecture } from '@dmnn/architecture';
import type { Weights } from './weights.js';

/**
 * A network as plain data: no tensors, no backend. What a run or model folder holds, what is exported, pruned or divided,
 * and what `createNetwork` of `@dmnn/network` makes a network of that can run.
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
  /** One tensor for every variable, by its name, moving statistics included. */
  readonly weights: Weights;
}
