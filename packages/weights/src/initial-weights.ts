import { type Architecture, gatedBlocks, validateArchitecture } from '@dmnn/architecture';
import { initialValue } from './initial-value.js';
import { type PerSubBlock, ofEachSubBlock } from './per-sub-block.js';
import { variableSpecs } from './variable-specs.js';
import type { Float32Tensor } from './weights.js';

/** Options of {@link initialWeights}. */
export interface InitialWeightsOptions {
  /** An integer in 0 … 2⁵³ − 1: every variable is a function of it and of the variable's name. */
  readonly seed: number;
  /**
   * Probability that a gate is on before training, in (0, 1). `[0.99, 0.2]` starts with blocks whose first sub-block
   * runs for nearly every image, and the second for some; `[[0.99, 0.2], [0.99, 0.99]]` has one list for each block
   * that has gates, in order, as returned by `openingInTurn` of `@dmnn/gating`.
   *
   * @defaultValue 0.88
   */
  readonly openingRate?: PerSubBlock | undefined;
  /**
   * Initial value of the last gamma of gated sub-blocks, in the same forms as `openingRate`. A sub-block with 0 adds
   * nothing to its block until it has learned something, so that a gate that opens it by chance does no harm.
   *
   * @defaultValue 1
   * @see Goyal et al. 2017 (arXiv 1706.02677) §5.1, who start with 0 for the last gamma of every block
   */
  readonly openingScale?: PerSubBlock | undefined;
}

/**
 * The weights of a network before training, as plain data, bit-identical to those that `createNetwork` of
 * `@dmnn/network` assigns to its variables. A pure function of architecture and options.
 *
 * @returns one tensor per variable, in the order of {@link variableSpecs}
 * @throws ArchitectureError if `architecture` is not valid
 * @throws RangeError if `seed`, `openingRate` or `openingScale` is out of range, or has the wrong length
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
 * const weights = initialWeights(architecture, { seed: 1, openingRate: 0.75 });
 * const biases = Array.from(weights.get('stage0.block0.controller.decide.bias')?.data ?? []);
 * console.log(biases.map((bias) => bias.toFixed(3)).join(' ')); // => -0.549 0.549 -0.549 0.549
 * ```
 */
export function initialWeights(
  architecture: Architecture,
  options: InitialWeightsOptions,
): Map<string, Float32Tensor> {
  const { seed, openingRate = 0.88, openingScale = 1 } = options;
  const valid = validateArchitecture(architecture);
  const subBlocks = gatedBlocks(valid).map(({ block }) => block.subBlocks.length);
  const openingRates = ofEachSubBlock('openingRate', openingRate, subBlocks);
  const openingScales = ofEachSubBlock('openingScale', openingScale, subBlocks);
  return new Map(
    variableSpecs(valid).map((spec) => {
      const data = initialValue(spec, { seed, openingRates, openingScales });
      return [spec.name, { dtype: 'F32', shape: spec.shape, data }];
    }),
  );
}
