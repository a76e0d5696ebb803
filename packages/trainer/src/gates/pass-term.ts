import type { ForwardPass, Network } from '@dmnn/network';
import type * as tf from '@tensorflow/tfjs-core';
import type { LabelledImages } from './contributions.js';

/** Names of the losses that a recipe may add to Eq. 16, as they stand in the log, in order of print. */
export const addedLosses = ['reinforcement', 'contribution'] as const;

/** Name of a loss that a recipe adds to Eq. 16. */
type AddedLoss = (typeof addedLosses)[number];

/** A loss on a forward pass that a recipe adds to Eq. 16: what the training step sums up, which knows of none of them. */
export interface PassTerm {
  readonly name: AddedLoss;
  /** What its loss is multiplied by, in force at this step. */
  readonly weight: number;
  /** Whether it needs the norms of the pass. */
  readonly needsNorms?: boolean;
  /** What it needs of a part of the batch that no gradient passes through: computed before the tape is on. */
  readonly constants?: (network: Network, part: LabelledImages) => tf.Tensor2D[];
  /**
   * The loss, not weighted, on the tape.
   *
   * @param labels - `[b]`: the classes of this part
   * @param constants - those of this part; empty without {@link PassTerm.constants}
   */
  readonly loss: (pass: ForwardPass, labels: Int32Array, constants: readonly tf.Tensor2D[]) => tf.Scalar;
}
