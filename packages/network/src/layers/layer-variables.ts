import { closeAfter } from '@dmnn/foundation';
import { type Float32Tensor, type VariableRole, type VariableSpec, type Weights } from '@dmnn/weights';
import { fittingValues } from '@dmnn/weights/internal';
import * as tf from '@tensorflow/tfjs-core';
import { hasPackedConvolution } from '../kernels/custom-operation.js';
import { packFilter } from '../kernels/packed-convolution.js';

/** The variables that layers are bound to, and the folded units derived from them. */
export interface LayerVariables {
  readonly variables: NamedVariables;
  /** Batch norms folded into convolutions. */
  readonly folded: FoldedUnits;
}

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
    return closeAfter(
      async () => {
        const weights = new Map<string, Float32Tensor>();
        for (const [name, tensor] of snapshot) {
          const data = (await tensor.data<'float32'>()).slice();
          weights.set(name, { dtype: 'F32', shape: tensor.shape, data });
        }
        return weights;
      },
      () => {
        tf.dispose(snapshot.map(([, tensor]) => tensor));
      },
    );
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

/** The variables of a convolution unit with batch norm. */
interface FoldableUnit {
  /** 1 for an ordinary convolution. */
  readonly groups: number;
  /** What its batch norm adds to the variance. */
  readonly epsilon: number;
  readonly weight: tf.Variable<tf.Rank.R4>;
  readonly bias: tf.Variable<tf.Rank.R1> | undefined;
  readonly gamma: tf.Variable<tf.Rank.R1>;
  readonly beta: tf.Variable<tf.Rank.R1>;
  readonly movingMean: tf.Variable<tf.Rank.R1>;
  readonly movingVariance: tf.Variable<tf.Rank.R1>;
}

/** A convolution and a bias, equivalent to a convolution and batch norm with moving statistics. */
type FoldedUnit =
  | { readonly weight: tf.Tensor4D; readonly bias: tf.Tensor1D; readonly packed?: undefined }
  /** The same weight in the layout that the current backend reads fastest. */
  | { readonly packed: tf.Tensor; readonly bias: tf.Tensor1D };

/** The folded convolutions, unit by unit; owns their tensors. */
export class FoldedUnits {
  readonly #units = new Map<string, FoldableUnit>();
  readonly #folded = new Map<string, FoldedUnit & { readonly from: readonly object[] }>();

  /** Registers the variables at a path. */
  add(path: string, unit: FoldableUnit): void {
    this.#units.set(path, unit);
  }

  /** Folds every unit that is not folded, or whose variables have changed since. */
  fold(): void {
    for (const [path, unit] of this.#units) {
      if (this.get(path)) continue;
      this.#folded.set(path, { ...foldedUnit(unit), from: dataOf(unit) });
    }
  }

  /** The folded unit at a path; undefined unless it was folded from the variables' current values. */
  get(path: string): FoldedUnit | undefined {
    const folded = this.#folded.get(path);
    const unit = this.#units.get(path);
    if (!folded || !unit) return undefined;
    // an assignment gives a variable other data, so a change shows in its identity
    const current = dataOf(unit).every((data, i) => data === folded.from[i]);
    if (current && (!folded.packed || hasPackedConvolution())) return folded;
    disposeFolded(folded);
    this.#folded.delete(path);
    return undefined;
  }

  /** Frees the folded tensors. */
  dispose(): void {
    for (const folded of this.#folded.values()) disposeFolded(folded);
    this.#folded.clear();
  }
}

function disposeFolded(folded: FoldedUnit): void {
  tf.dispose([folded.packed ?? folded.weight, folded.bias]);
}

function dataOf(unit: FoldableUnit): object[] {
  const { weight, bias, gamma, beta, movingMean, movingVariance } = unit;
  const variables = [weight, gamma, beta, movingMean, movingVariance, ...(bias ? [bias] : [])];
  return variables.map(({ dataId }) => dataId);
}

function foldedUnit(unit: FoldableUnit): FoldedUnit {
  const { weight, bias, gamma, beta, movingMean, movingVariance } = unit;
  return tf.tidy(() => {
    const slope = tf.div<tf.Tensor1D>(gamma, tf.sqrt(tf.add(movingVariance, unit.epsilon)));
    const mean = bias ? tf.sub(movingMean, bias) : movingMean;
    const scaled = tf.mul<tf.Tensor4D>(weight, slope); // output channels are the last axis, grouped or not
    const folded = { bias: tf.keep(tf.sub<tf.Tensor1D>(beta, tf.mul(mean, slope))) };
    return unit.groups === 1 && hasPackedConvolution()
      ? { ...folded, packed: tf.keep(packFilter(scaled)) }
      : { ...folded, weight: tf.keep(scaled) };
  });
}
