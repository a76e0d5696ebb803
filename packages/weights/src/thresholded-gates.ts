import { gatedBlocks } from '@dmnn/architecture';
import { assertWeights } from './assert-weights.js';
import { constantGates } from './constant-gates.js';
import type { NetworkData } from './network-data.js';
import type { Float32Tensor } from './weights.js';

/**
 * A network whose likeliest gates are those of another threshold: a gate opens if its probability is at least `threshold`.
 * The biases of the last layer of each controller move by log(threshold / (1 − threshold)), so that the network decides
 * so in every execution and in every exported file, up to rounding.
 *
 * @param threshold - in [0, 1], as of `thresholded` of `@dmnn/gating`: 0 opens every gate, 0.5 leaves them as they are, 1
 *   closes all
 * @returns the same network with other decisions; the rest of the weights is shared, not copied
 * @throws RangeError if the threshold is outside [0, 1]; WeightsError if weights do not fit
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { initialWeights, thresholdedGates } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
 * const network = { architecture, weights: initialWeights(architecture, { seed: 1, openingRate: 0.5 }) };
 * const { weights } = thresholdedGates(network, 0.75); // log(0.75 / 0.25) is 1.0986
 * const bias = weights.get('stage0.block0.controller.decide.bias')?.data as Float32Array;
 * console.log(Array.from(bias, (each) => each.toFixed(4)).join()); // => 1.0986,0.0000,1.0986,0.0000
 * ```
 */
export function thresholdedGates(network: NetworkData, threshold: number): NetworkData {
  if (!(threshold >= 0 && threshold <= 1))
    throw new RangeError(`threshold: expected a probability in [0, 1], got ${threshold}`);
  const blocks = gatedBlocks(network.architecture);
  if (threshold === 0 || threshold === 1) {
    const pattern = blocks.map(({ block }) => block.subBlocks.map(() => threshold === 0));
    return constantGates(network, pattern);
  }
  assertWeights(network);
  const shift = Math.log(threshold) - Math.log1p(-threshold);
  const weights = new Map(network.weights);
  for (const { path } of blocks) {
    const name = `${path}.controller.decide.bias`;
    const { shape, data } = weights.get(name) as Float32Tensor;
    // pairs of off and on
    const moved = data.map((value, i) => (i % 2 === 0 ? value + shift : value));
    weights.set(name, { dtype: 'F32', shape, data: moved });
  }
  return { ...network, weights };
}
