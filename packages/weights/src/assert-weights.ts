import { fittingValues } from './fitting-values.js';
import { variableSpecs } from './variable-specs.js';
import type { NetworkData } from './network-data.js';

/**
 * Checks that weights fit their architecture: one float32 tensor of the right shape with finite numbers for every
 * variable, and no others. Creates no backend tensors; `createNetwork` and `Network.load` of `@dmnn/network` make the
 * same checks.
 *
 * @throws WeightsError listing every difference
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { WeightsError, assertWeights, variableSpecs } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('cifar-resnet8');
 * try {
 *   assertWeights({ architecture, weights: new Map() });
 * } catch (error) {
 *   if (!(error instanceof WeightsError)) throw error;
 *   console.log(error.problems.length === variableSpecs(architecture).length); // => true
 * }
 * ```
 */
export function assertWeights({ architecture, weights }: NetworkData): void {
  fittingValues(architecture.name, variableSpecs(architecture), weights);
}
