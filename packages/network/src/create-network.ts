import { type Architecture, gatedBlocks, validateArchitecture } from '@dmnn/architecture';
import {
  type PerSubBlock,
  type Weights,
  fittingValues,
  initialValue,
  ofEachSubBlock,
  variableSpecs,
} from '@dmnn/weights';
import { NamedVariables } from './layers/named-variables.js';
import { Network } from './network.js';

/** Settings of {@link createNetwork}. */
export interface NetworkOptions {
  /** An integer in 0 … 2⁵³ − 1: every variable is a function of it and of the variable's name. */
  readonly seed: number;
  /**
   * Probability that a gate is on before training, in (0, 1). `[0.99, 0.2]` begins with blocks whose first sub-block runs
   * for nearly every image, and the second for some; `[[0.99, 0.2], [0.99, 0.99]]` has such numbers for each block that has
   * gates, in order, as `openingInTurn` of `@dmnn/gating` gives them.
   *
   * @defaultValue 0.88
   */
  readonly openingRate?: PerSubBlock;
  /**
   * The last gamma of sub-blocks that a gate opens, before training; numbers as for `openingRate`. A sub-block of 0 adds
   * nothing to its block until it has learned something, so that a gate that opens it by chance disturbs nothing.
   *
   * @defaultValue 1
   * @see Goyal et al. 2017 (arXiv 1706.02677) §5.1, who begin with 0 for the last gamma of every block
   */
  readonly openingScale?: PerSubBlock;
  /** Start from these instead; must fit as {@link Network.load} demands. */
  readonly weights?: Weights;
}

/**
 * Makes the variables of an architecture and binds them: a network that can run.
 *
 * @throws ArchitectureError if the architecture is none
 * @throws RangeError if `seed`, `openingRate` or `openingScale` is out of its range, or not one for each sub-block or block
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
  const { seed, openingRate = 0.88, openingScale = 1, weights } = options;
  const valid = validateArchitecture(architecture);
  const subBlocks = gatedBlocks(valid).map(({ block }) => block.subBlocks.length);
  const openingRates = ofEachSubBlock('openingRate', openingRate, subBlocks);
  const openingScales = ofEachSubBlock('openingScale', openingScale, subBlocks);
  const specs = variableSpecs(valid);
  const what = valid.name;
  const given = weights && fittingValues(what, specs, weights);
  const variables = new NamedVariables(what, specs, (spec) =>
    given ? given(spec.name) : initialValue(spec, { seed, openingRates, openingScales }),
  );
  return new Network(valid, variables);
}
