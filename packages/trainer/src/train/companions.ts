import type { Network } from '@dmnn/network';
import type { Weights } from '@dmnn/weights';
import type * as tf from '@tensorflow/tfjs-core';
import type { EvaluateOptions } from '../evaluate/evaluate.js';
import type { WidthEvaluation } from '../evaluate/width-evaluation.js';
import type { PartsSum } from './parts-sum.js';

/** A network and its variables, by name: those that a step changes, and those that a forward pass moves. */
export interface TrainedNetwork {
  readonly network: Network;
  readonly trainable: ReadonlyMap<string, tf.Variable>;
  readonly moving: ReadonlyMap<string, tf.Variable>;
}

/**
 * Networks that are trained along with a run's own, on the same batches, and share variables with it. The loop knows
 * slimmable networks only through this.
 */
export interface Companions {
  /** Their own variables, without the shared ones, by names that the network does not use. */
  readonly trainable: ReadonlyMap<string, tf.Variable>;
  /** Moving statistics of their own. */
  readonly moving: ReadonlyMap<string, tf.Variable>;
  /**
   * Computes a batch with every companion.
   *
   * @param gradients - of the run's own network; the companions' are added to them, by the same names
   * @param sumOfParts - computes the batch with one network
   * @returns `[companion][part]`: the numbers of each; the caller disposes them
   */
  gradientsOf<Name extends string>(
    gradients: Map<string, tf.Tensor>,
    sumOfParts: (trained: TrainedNetwork) => PartsSum<Name>,
  ): PartsSum<Name>['numbers'][];
  /** Evaluates every companion, with the weights of now and its own moving statistics. */
  extraEvaluations(options: Omit<EvaluateOptions, 'network'>): Promise<WidthEvaluation[]>;
  /** A copy of their own variables, as a checkpoint keeps them. */
  weights(): Promise<Weights>;
  /** Replaces their own variables by those of {@link Companions.weights}. */
  load(weights: Weights): void;
  /** Frees their own variables; the shared ones stay. */
  dispose(): void;
}
