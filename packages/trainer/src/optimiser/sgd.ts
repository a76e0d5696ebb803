import * as tf from '@tensorflow/tfjs-core';

/** Settings of {@link Sgd}; all are required, since each changes what is learned. */
export interface SgdOptions {
  /** Share of the velocity that is kept, in [0, 1); 0 for none. */
  readonly momentum: number;
  /** Whether to look ahead along the velocity. Needs momentum. */
  readonly nesterov: boolean;
  /** Multiplies the variable's own value and is added to its gradient; ≥ 0. */
  readonly weightDecay: number;
  /** Which variables decay, by name. */
  readonly decays: (name: string) => boolean;
  /** What the learning rate of a variable is multiplied by, ≥ 0, by name. @defaultValue 1 for all */
  readonly rateFactor?: ((name: string) => number) | undefined;
}

/**
 * Stochastic gradient descent with momentum, Nesterov's or plain, and weight decay, by PyTorch's formulas:
 * d = gradient + weightDecay · value; velocity ← momentum · velocity + d; value ← value − rate · (velocity, or with
 * Nesterov d + momentum · velocity).
 * Parts of a network can have learning rates of their own.
 *
 * It changes exactly the variables it was given and keeps its state by their names, so that a checkpoint can be
 * loaded into a network whose variables are in another order. Velocities start at zero, which gives PyTorch's
 * first step.
 *
 * @see Sutskever et al. 2013, On the importance of initialization and momentum; DMNN §4.1
 * @example
 * ```ts
 * import '@tensorflow/tfjs';
 * import * as tf from '@tensorflow/tfjs-core';
 * import { Sgd } from '@dmnn/trainer';
 *
 * const weight = tf.variable(tf.scalar(1));
 * const sgd = new Sgd(new Map([['weight', weight]]), {
 *   momentum: 0.9, nesterov: false, weightDecay: 0, decays: () => false,
 * });
 * sgd.step(new Map([['weight', tf.scalar(2)]]), 0.25);
 * console.log(weight.dataSync()[0]); // => 0.5
 * ```
 */
export class Sgd {
  readonly #variables: ReadonlyMap<string, tf.Variable>;
  readonly #options: SgdOptions;
  readonly #velocities = new Map<string, tf.Tensor>();
  readonly #factors = new Map<string, number>();

  /**
   * @param variables - what to train, by name
   * @throws RangeError if a setting is out of range
   */
  constructor(variables: ReadonlyMap<string, tf.Variable>, options: SgdOptions) {
    const { momentum, nesterov, weightDecay } = options;
    if (!(momentum >= 0 && momentum < 1))
      throw new RangeError(`momentum: expected a number in [0, 1), got ${momentum}`);
    if (nesterov && momentum === 0)
      throw new RangeError('nesterov: expected false without momentum, got true');
    if (!(weightDecay >= 0 && weightDecay < Infinity)) {
      throw new RangeError(`weightDecay: expected a finite number ≥ 0, got ${weightDecay}`);
    }
    for (const name of variables.keys()) {
      const factor = options.rateFactor?.(name) ?? 1;
      if (!(factor >= 0 && factor < Infinity))
        throw new RangeError(`rateFactor: expected a finite number ≥ 0 for ${name}, got ${factor}`);
      this.#factors.set(name, factor);
    }
    this.#variables = variables;
    this.#options = options;
    if (momentum > 0) {
      for (const [name, variable] of variables) this.#velocities.set(name, tf.keep(tf.zerosLike(variable)));
    }
  }

  /** Velocities by variable name, owned by the optimiser; empty without momentum. */
  get velocities(): ReadonlyMap<string, tf.Tensor> {
    return this.#velocities;
  }

  /**
   * Changes the variables by one step.
   *
   * @param gradients - by variable name; the caller disposes them. A variable without one stays as it is.
   * @param learningRate - ≥ 0
   * @throws RangeError if `learningRate` is not a finite number ≥ 0, or a gradient belongs to no variable
   */
  step(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): void {
    if (!(learningRate >= 0 && learningRate < Infinity)) {
      throw new RangeError(`learningRate: expected a finite number ≥ 0, got ${learningRate}`);
    }
    for (const name of gradients.keys()) {
      if (!this.#variables.has(name))
        throw new RangeError(`gradients: expected names of variables, got ${name}`);
    }
    const kernel = tf.getKernel('DmnnSgd', tf.getBackend()) as tf.KernelConfig | undefined;
    if (kernel && this.#options.momentum > 0 && gradients.size > 0) {
      for (const [factor, part] of this.#parts(gradients)) this.#stepAll(part, factor * learningRate);
      return;
    }
    for (const [factor, part] of this.#parts(gradients)) this.#stepPart(part, factor * learningRate);
  }

  /** Gradients by the factor of the learning rate. */
  #parts(gradients: ReadonlyMap<string, tf.Tensor>): Map<number, Map<string, tf.Tensor>> {
    const parts = new Map<number, Map<string, tf.Tensor>>();
    for (const [name, gradient] of gradients) {
      const factor = this.#factors.get(name) ?? 1;
      const part = parts.get(factor) ?? new Map<string, tf.Tensor>();
      parts.set(factor, part.set(name, gradient));
    }
    return parts;
  }

  #stepPart(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): void {
    tf.tidy(() => {
      const rate = tf.scalar(learningRate);
      const momentum = tf.scalar(this.#options.momentum);
      const decay = tf.scalar(this.#options.weightDecay);
      for (const [name, gradient] of gradients) {
        tf.tidy(() => {
          this.#stepOne(name, gradient, { rate, momentum, decay });
        });
      }
    });
  }

  /**
   * Replaces the velocities, as when resuming.
   *
   * @param velocities - a tensor for every name of {@link Sgd.velocities}; copied
   * @throws RangeError listing every missing, unknown or misshapen one; nothing is changed then
   */
  load(velocities: ReadonlyMap<string, tf.Tensor>): void {
    const problems: string[] = [];
    for (const [name, { shape }] of this.#velocities) {
      const given = velocities.get(name);
      if (!given) problems.push(`${name}: missing`);
      else if (given.shape.join() !== shape.join()) {
        problems.push(`${name}: expected [${shape.join(', ')}], got [${given.shape.join(', ')}]`);
      }
    }
    for (const name of velocities.keys())
      if (!this.#velocities.has(name)) problems.push(`${name}: not a variable`);
    if (problems.length > 0) throw new RangeError(`velocities:\n  ${problems.join('\n  ')}`);
    for (const [name, velocity] of velocities) this.#setVelocity(name, tf.clone(velocity));
  }

  /** Frees the velocities, not the variables. */
  dispose(): void {
    for (const velocity of this.#velocities.values()) velocity.dispose();
    this.#velocities.clear();
  }

  /** All of a part's variables in one operation, where a backend has it: value0 …, gradient0 …, velocity0 …, decays, rates. */
  #stepAll(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): void {
    const { momentum, nesterov, weightDecay, decays } = this.#options;
    const names = [...gradients.keys()];
    const inputs: { [name: string]: tf.Tensor } = {};
    names.forEach((name, i) => {
      inputs[`value${i}`] = this.#variables.get(name) as tf.Tensor;
      inputs[`gradient${i}`] = gradients.get(name) as tf.Tensor;
      inputs[`velocity${i}`] = this.#velocities.get(name) as tf.Tensor;
    });
    const settings = {
      decays: tf.tensor1d(names.map((name) => (decays(name) ? weightDecay : 0))),
      rates: tf.tensor1d([learningRate, momentum]),
    };
    const outputs = tf
      .engine()
      .runKernel(
        'DmnnSgd',
        { ...inputs, ...settings },
        { variables: names.length, nesterov },
      ) as unknown as tf.Tensor[];
    tf.dispose(settings);
    names.forEach((name, i) => {
      const [value, velocity] = [outputs[i], outputs[names.length + i]] as [tf.Tensor, tf.Tensor];
      this.#variables.get(name)?.assign(value);
      value.dispose();
      this.#setVelocity(name, velocity);
    });
  }

  #stepOne(
    name: string,
    gradient: tf.Tensor,
    { rate, momentum, decay }: { rate: tf.Scalar; momentum: tf.Scalar; decay: tf.Scalar },
  ): void {
    const variable = this.#variables.get(name) as tf.Variable;
    const { weightDecay, decays, nesterov } = this.#options;
    let direction = weightDecay > 0 && decays(name) ? tf.add(gradient, tf.mul(decay, variable)) : gradient;
    const before = this.#velocities.get(name);
    if (before) {
      const velocity = tf.add(tf.mul(momentum, before), direction);
      this.#setVelocity(name, velocity);
      direction = nesterov ? tf.add(direction, tf.mul(momentum, velocity)) : velocity;
    }
    variable.assign(tf.sub(variable, tf.mul(rate, direction)));
  }

  #setVelocity(name: string, velocity: tf.Tensor): void {
    this.#velocities.get(name)?.dispose();
    this.#velocities.set(name, tf.keep(velocity));
  }
}
