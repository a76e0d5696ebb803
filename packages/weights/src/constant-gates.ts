import { gatedBlocks } from '@dmnn/architecture';
import type { NetworkData } from './network-data.js';
import { assertWeights } from './assert-weights.js';
import { decideWeightName } from './variable-specs.js';
import type { Float32Tensor } from './weights.js';

/** Half the difference of a constant gate's logits: far from 0, whatever rounding or decay of weights do to it. */
const LOGIT = 8;

/**
 * A network whose controllers decide the same for every image: their last layer has no weights but its biases. Its gates
 * are those of the pattern in every execution and in every exported file.
 *
 * @param pattern - `[l][n]`: whether sub-block n of gated block l runs
 * @returns the same network with other decisions; the rest of the weights is shared, not copied
 * @throws RangeError if the pattern is not of the network's sub-blocks; WeightsError if weights do not fit
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { constantGates, initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
 * const network = { architecture, weights: initialWeights(architecture, { seed: 1 }) };
 * const { weights } = constantGates(network, [[true, false], [true, true], [false, false]]);
 * console.log(String(weights.get('stage0.block0.controller.decide.bias')?.data)); // => -8,8,8,-8
 * ```
 */
export function constantGates(network: NetworkData, pattern: readonly (readonly boolean[])[]): NetworkData {
  assertWeights(network);
  const blocks = gatedBlocks(network.architecture);
  if (pattern.length !== blocks.length)
    throw new RangeError(
      `pattern: expected ${blocks.length} lists, one for each gated block of ${network.architecture.name}, got ${pattern.length}`,
    );
  const weights = new Map(network.weights);
  for (const gated of blocks) {
    const { path, block, blockIndex } = gated;
    const own = pattern[blockIndex] as readonly boolean[];
    if (own.length !== block.subBlocks.length)
      throw new RangeError(
        `pattern[${blockIndex}]: expected ${block.subBlocks.length} booleans, one for each sub-block of ${path}, got ${own.length}`,
      );
    const decide = decideWeightName(gated);
    const { shape } = weights.get(decide) as Float32Tensor;
    const [inputs = 0, logits = 0] = shape;
    weights.set(decide, { dtype: 'F32', shape, data: new Float32Array(inputs * logits) });
    weights.set(`${path}.controller.decide.bias`, {
      dtype: 'F32',
      shape: [logits],
      data: Float32Array.from(own.flatMap((open) => (open ? [-LOGIT, LOGIT] : [LOGIT, -LOGIT]))),
    });
  }
  return { ...network, weights };
}

/**
 * The pattern that a network's gates have for every image.
 *
 * @returns `[l][n]`; undefined if there are no gates, or a controller reads the image
 * @throws WeightsError if weights do not fit
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { constantPattern, initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
 * console.log(constantPattern({ architecture, weights: initialWeights(architecture, { seed: 1 }) })); // => undefined
 * ```
 */
export function constantPattern(network: NetworkData): boolean[][] | undefined {
  assertWeights(network);
  const blocks = gatedBlocks(network.architecture);
  const numbersOf = (name: string): Float32Array => (network.weights.get(name) as Float32Tensor).data;
  const isConstant = blocks.every((gated) => numbersOf(decideWeightName(gated)).every((each) => each === 0));
  if (blocks.length === 0 || !isConstant) return undefined;
  return blocks.map(({ path, block }) => {
    const logits = numbersOf(`${path}.controller.decide.bias`);
    return block.subBlocks.map((_, n) => (logits[2 * n + 1] as number) > (logits[2 * n] as number));
  });
}
