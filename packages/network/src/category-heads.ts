import * as tf from '@tensorflow/tfjs-core';
import type { VariableRole, Weights } from '@dmnn/weights';
import { NamedVariables } from './layers/layer-variables.js';
import { shapeError } from './checks/shape-error.js';
import { bias, initialValue, weight } from '@dmnn/weights/internal';

/** Settings of {@link createCategoryHeads}. */
export interface CategoryHeadsOptions {
  /** D, the length of each state that is read, in order: `network.stateUnits`. */
  readonly states: readonly number[];
  /** How many categories, at least 1. */
  readonly categories: number;
  /** An integer in 0 … 2⁵³ − 1. */
  readonly seed: number;
}

/**
 * One linear classifier of the category for each controller state h_l. They train the controllers and are not part of
 * the network: they are neither saved nor run with it. {@link createCategoryHeads} makes them.
 *
 * Their variables are named `categories.head0.weight` `[D, categories]` and `categories.head0.bias`, counted over the
 * controllers that have a state.
 *
 * @see DMNN §3.2 Eq. 9
 */
export class CategoryHeads {
  /** How many categories they distinguish. */
  readonly categories: number;
  readonly #variables: NamedVariables;
  readonly #hiddenUnits: readonly number[];

  /** @internal */
  constructor({ states, categories, seed }: CategoryHeadsOptions) {
    if (!Number.isSafeInteger(categories) || categories < 1) {
      throw new RangeError(`categories: expected a whole number, at least 1, got ${categories}`);
    }
    this.categories = categories;
    this.#hiddenUnits = [...states];
    const specs = this.#hiddenUnits.flatMap((units, l) => [
      weight(`categories.head${l}.weight`, 'category-weight', units, categories),
      bias(`categories.head${l}.bias`, 'category-bias', units, categories),
    ]);
    this.#variables = new NamedVariables('these category heads', specs, (spec) =>
      initialValue(spec, { seed, openingRates: [], openingScales: [] }),
    );
  }

  /** All variables by name, head by head. */
  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.#variables.all;
  }

  /** Names of the variables that an optimiser changes: all of them. */
  get trainableNames(): readonly string[] {
    return this.#variables.trainableNames;
  }

  /**
   * What a variable is for.
   *
   * @throws RangeError if no variable has that name
   */
  role(name: string): VariableRole {
    return this.#variables.role(name);
  }

  /**
   * Category logits from every state.
   *
   * @param states - `[l]`: `[B, D]`, as a forward pass gives them
   * @returns `[l]`: `[B, categories]`, unnormalised; the caller disposes them
   * @throws DmnnError `DMNN_SHAPE` if there is not one state of the right length for each head
   */
  logits(states: readonly tf.Tensor2D[]): tf.Tensor2D[] {
    if (states.length !== this.#hiddenUnits.length) {
      throw shapeError(
        'states',
        `${this.#hiddenUnits.length} states`,
        [states.length],
        'Give those of one forward pass.',
      );
    }
    return tf.tidy(() =>
      states.map((state, l) => {
        const units = this.#hiddenUnits[l] as number;
        if (state.rank !== 2 || state.shape[1] !== units) {
          throw shapeError(`states[${l}]`, `[B, ${units}]`, state.shape, 'Give those of the same network.');
        }
        const weight = this.#variables.get<tf.Rank.R2>(`categories.head${l}.weight`);
        return tf.add<tf.Tensor2D>(tf.matMul(state, weight), this.#variables.get(`categories.head${l}.bias`));
      }),
    );
  }

  /** A copy of all variables. */
  async weights(): Promise<Weights> {
    return this.#variables.weights();
  }

  /**
   * Replaces the value of every variable.
   *
   * @throws WeightsError with every difference, in which case nothing was changed
   */
  load(weights: Weights): void {
    this.#variables.load(weights);
  }

  /** Frees the variables. */
  dispose(): void {
    this.#variables.dispose();
  }
}

/**
 * Makes category heads for the states of a network.
 *
 * @throws RangeError if `categories` or `seed` is out of its range
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { likeliest } from '@dmnn/gating';
 * import { createCategoryHeads, createNetwork } from '@dmnn/network';
 *
 * await tf.setBackend('cpu');
 * const network = createNetwork(createArchitecture('dmnn-cifar-resnet8-n2'), { seed: 1 });
 * const heads = createCategoryHeads({ states: network.stateUnits, categories: 20, seed: 1 });
 * const images = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
 * const { states } = network.forward(images, { policy: likeliest, statistics: 'moving', execution: 'masked' });
 * console.log(heads.logits(states).map(({ shape }) => shape.join('x')).join()); // => 1x20,1x20,1x20
 * ```
 */
export function createCategoryHeads(options: CategoryHeadsOptions): CategoryHeads {
  return new CategoryHeads(options);
}
