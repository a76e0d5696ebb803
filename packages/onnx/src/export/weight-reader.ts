import { ExportError } from './export-error.js';

/** One variable's value, row-major. */
export interface ExportWeight {
  /** `F32`, as safetensors calls it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

/**
 * A network's variables by name, moving statistics included: what `network.weights()` of `@dmnn/network` gives, or its
 * `readSafetensors`.
 */
export type ExportWeights = ReadonlyMap<string, ExportWeight>;

/** Hands out weights by name and shape, and remembers all that do not fit, to say it at once. */
export class WeightReader {
  readonly #weights: ExportWeights;
  readonly #taken = new Set<string>();
  readonly #problems: string[] = [];

  constructor(weights: ExportWeights) {
    this.#weights = weights;
  }

  /** Values of a variable; zeros, and a problem noted, if there is none that fits. */
  take(name: string, shape: readonly number[]): Float32Array {
    const first = !this.#taken.has(name);
    this.#taken.add(name);
    const size = shape.reduce((product, length) => product * length, 1);
    const weight = this.#weights.get(name);
    const problem = problemOf(weight, shape, size);
    if (problem === undefined) return (weight as ExportWeight).data as Float32Array;
    if (first) this.#problems.push(`${name}: ${problem}`);
    return new Float32Array(size);
  }

  /**
   * @throws ExportError with every variable that was asked for and did not fit, and every one that nobody asked for
   */
  assertFitting(what: string): void {
    const unexpected = [...this.#weights]
      .filter(([name]) => !this.#taken.has(name))
      .map(([name, { dtype, shape }]) => `${name}: unexpected, got ${dtype} ${print(shape)}`);
    const problems = [...this.#problems, ...unexpected];
    if (problems.length > 0) {
      throw new ExportError(`weights of ${what}`, problems, 'Give weights of the same architecture.');
    }
  }
}

function problemOf(
  weight: ExportWeight | undefined,
  shape: readonly number[],
  size: number,
): string | undefined {
  const expected = `expected F32 ${print(shape)}`;
  if (!weight) return `${expected}, got nothing`;
  const { dtype, data } = weight;
  const same = shape.length === weight.shape.length && shape.every((length, i) => length === weight.shape[i]);
  if (!same || dtype !== 'F32' || !(data instanceof Float32Array)) {
    return `${expected}, got ${dtype} ${print(weight.shape)}`;
  }
  if (data.length !== size) return `expected ${size} numbers, got ${data.length}`;
  const at = data.findIndex((value) => !Number.isFinite(value));
  return at < 0 ? undefined : `expected finite numbers, got ${data[at] as number} at index ${at}`;
}

function print(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
