import type { ConvUnit } from '@dmnn/architecture';
import { tensorProblem } from './assert-weights.js';
import { WeightsError } from './weights-error.js';
import type { Weights } from './weights.js';

/** The numbers of a batch norm, one per channel. */
export interface BatchNormNumbers {
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
  readonly batchNorm: BatchNormNumbers | undefined;
}

/** Names of a batch norm's variables, in their order. */
export const batchNormNames = ['gamma', 'beta', 'movingMean', 'movingVariance'] as const;

/** Looks up variables by name and shape and checks each on reading. Returns the arrays themselves, not copies. */
export class WeightReader {
  readonly #weights: Weights;

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  /**
   * Returns the numbers of one variable.
   *
   * @throws WeightsError if there is no such variable, or it is not float32, has the wrong shape, or is not finite
   */
  numbers(name: string, shape: readonly number[]): Float32Array {
    const tensor = this.#weights.get(name);
    const problem = tensorProblem(name, shape, tensor);
    if (problem !== undefined) throw new WeightsError('weights', [problem]);
    return tensor?.data as Float32Array;
  }

  /**
   * Returns all numbers of a convolution unit.
   *
   * @throws WeightsError as {@link WeightReader.numbers}
   */
  unit(path: string, unit: ConvUnit): UnitNumbers {
    const { kernelSize, inChannels, outChannels, groups } = unit;
    return {
      weight: this.numbers(`${path}.weight`, [kernelSize, kernelSize, inChannels / groups, outChannels]),
      bias: unit.bias ? this.numbers(`${path}.bias`, [outChannels]) : undefined,
      batchNorm: unit.batchNorm ? this.batchNorm(path, outChannels) : undefined,
    };
  }

  /**
   * Returns all numbers of a batch norm.
   *
   * @throws WeightsError as {@link WeightReader.numbers}, and if a variance is negative
   */
  batchNorm(path: string, channels: number): BatchNormNumbers {
    const [gamma, beta, movingMean, movingVariance] = batchNormNames.map((name) =>
      this.numbers(`${path}.${name}`, [channels]),
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const negative = movingVariance.findIndex((value) => value < 0);
    if (negative < 0) return { gamma, beta, movingMean, movingVariance };
    throw new WeightsError('weights', [
      `${path}.movingVariance: expected variances of at least 0, got ${movingVariance[negative] as number} at index ${negative}`,
    ]);
  }
}
