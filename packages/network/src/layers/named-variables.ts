import type { Float32Tensor, VariableRole, VariableSpec, Weights } from '@dmnn/weights';
import { fittingValues } from '@dmnn/weights/internal';
import * as tf from '@tensorflow/tfjs-core';

/** Variables by name, in a fixed order; owns them. */
export class NamedVariables {
  readonly all: ReadonlyMap<string, tf.Variable>;
  readonly #specs: ReadonlyMap<string, VariableSpec>;
  readonly #what: string;

  /** @param what - their owner, for messages */
  constructor(what: string, specs: readonly VariableSpec[], valueOf: (spec: VariableSpec) => Float32Array) {
    this.#what = what;
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
    const values = specs.map((spec) => valueOf(spec)); // all of them before the first tensor: valueOf may throw
    this.all = new Map(
      specs.map(({ name, shape, role }, i) => {
        const start = tf.tensor(values[i] as Float32Array, [...shape], 'float32');
        // no name: tfjs keeps one registry of names for all networks of a process
        const variable = tf.variable(start, isTrained(role));
        start.dispose();
        return [name, variable];
      }),
    );
  }

  get<R extends tf.Rank>(name: string): tf.Variable<R> {
    return this.all.get(name) as tf.Variable<R>;
  }

  role(name: string): VariableRole {
    const spec = this.#specs.get(name);
    if (!spec) throw new RangeError(`name: expected a variable of ${this.#what}, got ${name}`);
    return spec.role;
  }

  get trainableNames(): string[] {
    return [...this.#specs.values()].filter(({ role }) => isTrained(role)).map(({ name }) => name);
  }

  async weights(): Promise<Weights<Float32Tensor>> {
    // clones share their data: all are of the same moment even if someone trains meanwhile
    const snapshot = [...this.all].map(([name, variable]) => [name, variable.clone()] as const);
    try {
      const weights = new Map<string, Float32Tensor>();
      for (const [name, tensor] of snapshot) {
        const data = (await tensor.data<'float32'>()).slice();
        weights.set(name, { dtype: 'F32', shape: tensor.shape, data });
      }
      return weights;
    } finally {
      tf.dispose(snapshot.map(([, tensor]) => tensor));
    }
  }

  load(weights: Weights): void {
    const values = fittingValues(this.#what, [...this.#specs.values()], weights);
    for (const [name, variable] of this.all) {
      const value = tf.tensor(values(name), variable.shape, 'float32');
      variable.assign(value);
      value.dispose();
    }
  }

  dispose(): void {
    for (const variable of this.all.values()) variable.dispose();
  }
}

function isTrained(role: VariableRole): boolean {
  return role !== 'moving-mean' && role !== 'moving-variance';
}
