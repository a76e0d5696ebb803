import type { Architecture } from '@dmnn/architecture';
import { type Network, createNetwork } from '@dmnn/network';
import type { WeightTensor, Weights } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import { fits, isOwn } from '@dmnn/weights/internal';
import type { TrainedNetwork } from '../../train/companions.js';

/**
 * One of the narrow widths of a slimmable network in training: an ordinary network whose convolutions and linear layer
 * are slices of the widest one's, and whose batch norms are its own.
 *
 * It has variables of its own for all of them; {@link NarrowNetwork.takeSlices} copies the shared ones, and
 * {@link NarrowNetwork.widened} turns their gradients into those of the widest network's variables. That is the same
 * as differentiating through the slices: the gradient of a slice is zeros around its own.
 *
 * @see Yu et al. 2018, Slimmable Neural Networks (arXiv 1812.08928), Algorithm 1
 */
export class NarrowNetwork {
  /** Factor of the channels, below 1. */
  readonly width: number;
  readonly network: Network;
  readonly #widest: Network;
  readonly #own: ReadonlySet<string>;

  /**
   * @param widest - whose variables it takes slices of; stays the caller's
   * @throws RangeError if the narrow network is no slice of the widest one
   */
  constructor(widest: Network, narrow: { readonly width: number; readonly architecture: Architecture }) {
    this.width = narrow.width;
    this.#widest = widest;
    this.network = createNetwork(narrow.architecture, { seed: 0 }); // its shared variables are overwritten
    const { variables } = this.network;
    this.#own = new Set([...variables.keys()].filter((name) => isOwn(this.network.role(name))));
    const misfit = [...variables].find(
      ([name, { shape }]) => !fits(shape, widest.variables.get(name)?.shape ?? []),
    );
    if (misfit || variables.size !== widest.variables.size) {
      this.dispose();
      throw new RangeError(
        `narrow: expected a network of the layers of ${widest.architecture.name}, no wider, got ${narrow.architecture.name}.`,
      );
    }
    this.takeSlices();
  }

  /** Names of a width's own variables, distinct from those of the widest network: `width0.5/stem.unit0.gamma`. */
  name(own: string): string {
    return `width${this.width}/${own}`;
  }

  /** Itself as if it were trained alone, shared variables included, by its own names. */
  trained(): TrainedNetwork {
    const changed = new Set(this.network.trainableNames);
    const variables = [...this.network.variables];
    return {
      network: this.network,
      trainable: new Map(variables.filter(([name]) => changed.has(name))),
      moving: new Map(variables.filter(([name]) => !changed.has(name))),
    };
  }

  /** Its batch norms' variables, by {@link NarrowNetwork.name}: those that a step changes, or the moving statistics. */
  ownVariables(kind: 'trainable' | 'moving'): [string, tf.Variable][] {
    return [...this.trained()[kind]]
      .filter(([name]) => this.#own.has(name))
      .map(([name, variable]) => [this.name(name), variable]);
  }

  /** Copies the shared variables as they are now. */
  takeSlices(): void {
    for (const [name, variable] of this.network.variables) {
      if (this.#own.has(name)) continue;
      const full = this.#widest.variables.get(name) as tf.Variable;
      tf.tidy(() => {
        variable.assign(tf.slice(full, full.shape.map(() => 0), variable.shape)); // prettier-ignore
      });
    }
  }

  /**
   * Gradients of this network's variables as gradients of what is trained.
   *
   * @param gradients - by this network's names; disposed
   * @returns shared ones by the widest network's names and of its shapes, its own by {@link NarrowNetwork.name}
   */
  widened(gradients: ReadonlyMap<string, tf.Tensor>): Map<string, tf.Tensor> {
    const result = new Map<string, tf.Tensor>();
    for (const [name, gradient] of gradients) {
      if (this.#own.has(name)) {
        result.set(this.name(name), gradient);
        continue;
      }
      const { shape } = this.#widest.variables.get(name) as tf.Variable;
      const missing = shape.map((size, axis): [number, number] => [
        0,
        size - (gradient.shape[axis] as number),
      ]);
      result.set(name, tf.pad(gradient, missing));
      gradient.dispose();
    }
    return result;
  }

  /** A copy of its batch norms, by {@link NarrowNetwork.name}. */
  async ownWeights(): Promise<Weights> {
    const own = new Map<string, WeightTensor>();
    for (const [name, tensor] of await this.network.weights()) {
      if (this.#own.has(name)) own.set(this.name(name), tensor);
    }
    return own;
  }

  /** Replaces its batch norms by those of {@link NarrowNetwork.ownWeights}, and takes the slices of now. */
  loadOwn(weights: Weights): void {
    for (const [name, variable] of [...this.ownVariables('trainable'), ...this.ownVariables('moving')]) {
      const tensor = weights.get(name);
      if (tensor?.dtype !== 'F32' || tensor.data.length !== variable.size) {
        throw new RangeError(
          `weights: expected ${name} of ${variable.size} numbers, got ${tensor?.data.length ?? 0}.`,
        );
      }
      tf.tidy(() => {
        variable.assign(tf.tensor(tensor.data.slice(), variable.shape));
      });
    }
    this.takeSlices();
  }

  /** Frees its variables; the widest network's stay. */
  dispose(): void {
    this.network.dispose();
  }
}
