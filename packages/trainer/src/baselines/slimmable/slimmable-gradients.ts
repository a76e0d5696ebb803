import * as tf from '@tensorflow/tfjs-core';
import type { BatchPart } from '../../train/batch-parts.js';
import type { Learner } from '../../train/learner.js';
import type { PackedScalars } from '../../train/packed-scalars.js';
import type { PartNumber, PartSettings } from '../../train/part-gradients.js';
import type { NarrowNetwork } from './narrow-network.js';

/** The gradients of the parts of a batch, added up, and the numbers of each part. */
export interface PartsSum {
  /** By variable name; the caller disposes them. */
  readonly gradients: Map<string, tf.Tensor>;
  readonly numbers: PackedScalars<PartNumber>[];
}

/** Computes every part of a batch with one network. */
export type SumOfParts = (learner: Learner, parts: readonly BatchPart[], settings: PartSettings) => PartsSum;

/**
 * The gradient of the sum of all widths' losses on a batch, each width with its own batch norms, widest first.
 *
 * @returns its `numbers` are the widest network's; `narrow`, `[w][part]`, the others'
 * @see Yu et al. 2018, Slimmable Neural Networks (arXiv 1812.08928), Algorithm 1
 */
export function slimmableGradients(
  learner: Learner,
  parts: readonly BatchPart[],
  settings: PartSettings,
  sumOfParts: SumOfParts,
): PartsSum & { readonly narrow: PackedScalars<PartNumber>[][] } {
  const { gradients, numbers } = sumOfParts(learner, parts, settings);
  const narrow: PackedScalars<PartNumber>[][] = [];
  try {
    for (const one of learner.narrow) {
      one.takeSlices();
      const sum = sumOfParts(learnerOf(one, learner), parts, settings);
      narrow.push(sum.numbers);
      for (const [name, gradient] of one.widened(sum.gradients)) {
        const before = gradients.get(name);
        gradients.set(name, before ? tf.add(before, gradient) : gradient);
        if (before) tf.dispose([before, gradient]);
      }
    }
  } catch (error) {
    tf.dispose([...gradients.values(), ...[...numbers, ...narrow.flat()].map(({ tensor }) => tensor)]);
    throw error;
  }
  return { gradients, numbers, narrow };
}

/** A narrow network as if it were trained alone. */
function learnerOf({ network }: NarrowNetwork, learner: Learner): Learner {
  const trained = new Set(network.trainableNames);
  const variables = [...network.variables];
  return {
    ...learner,
    network,
    narrow: [],
    trainable: new Map(variables.filter(([name]) => trained.has(name))),
    moving: new Map(variables.filter(([name]) => !trained.has(name))),
  };
}
