import type { ConvUnit } from '@dmnn/architecture';
import { SubdivideError } from '../subdivide-error.js';
import type { FloatTensor, GivenWeights } from './float-weights.js';

/** The numbers of a batch norm, one for each channel. */
export interface NormNumbers {
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly movingMean: Float32Array;
  readonly movingVariance: Float32Array;
}

/** The numbers of a convolution unit. */
export interface UnitNumbers {
  /** `[k, k, inChannels / groups, outChannels]` */
  readonly weight: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly norm: NormNumbers | undefined;
}

/** Names of a batch norm's variables, in their order. */
export const normNames = ['gamma', 'beta', 'movingMean', 'movingVariance'] as const;

/** Looks tensors up, and says what is wrong with one that does not fit. */
export class WeightReader {
  readonly #weights: GivenWeights;

  constructor(weights: GivenWeights) {
    this.#weights = weights;
  }

  /** A float32 tensor as it is. Throws SubdivideError if there is none of that name. */
  tensor(name: string): FloatTensor {
    const { dtype, shape, data } = this.#weights.get(name) ?? {};
    if (data instanceof Float32Array && shape) return { dtype: 'F32', shape, data };
    throw new SubdivideError(
      `weights: expected a float32 tensor ${name}, got ${dtype ?? 'nothing'}. Give the weights of the undivided network.`,
    );
  }

  /** Its numbers. Throws SubdivideError if they are not as many as expected, or not finite. */
  numbers(name: string, length: number): Float32Array {
    const { data } = this.tensor(name);
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (data.length === length && bad < 0) return data;
    const got = data.length === length ? `${data[bad] as number} at index ${bad}` : String(data.length);
    throw new SubdivideError(
      `weights: expected ${length} finite numbers in ${name}, got ${got}. Give the weights of the undivided network.`,
    );
  }

  /** All numbers of a unit. */
  unit(path: string, unit: ConvUnit): UnitNumbers {
    const { kernelSize, inChannels, outChannels, groups } = unit;
    return {
      weight: this.numbers(`${path}.weight`, kernelSize ** 2 * (inChannels / groups) * outChannels),
      bias: unit.bias ? this.numbers(`${path}.bias`, outChannels) : undefined,
      norm: unit.batchNorm ? this.norm(path, outChannels) : undefined,
    };
  }

  /** All numbers of a batch norm; a negative variance is refused. */
  norm(path: string, channels: number): NormNumbers {
    const [gamma, beta, movingMean, movingVariance] = normNames.map((name) =>
      this.numbers(`${path}.${name}`, channels),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const negative = movingVariance.findIndex((value) => value < 0);
    if (negative < 0) return { gamma, beta, movingMean, movingVariance };
    throw new SubdivideError(
      `weights: expected variances of at least 0 in ${path}.movingVariance, got ` +
        `${movingVariance[negative] as number} at index ${negative}.`,
    );
  }
}
