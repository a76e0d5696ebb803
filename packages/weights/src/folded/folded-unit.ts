import type { Activation, ConvUnit, FixedPadding } from '@dmnn/architecture';
import { BATCH_NORM_EPSILON, batchNormEpsilon, fixedPaddingOf } from '@dmnn/architecture/internal';
import type { BatchNormNumbers, WeightReader } from '../weight-reader.js';

/** A convolution with a bias: a convolution unit with its batch norm folded in. */
export interface FoldedUnit {
  readonly path: string;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: FixedPadding;
  readonly groups: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly activation: Activation;
  /** `[out, in / groups, k, k]`, ONNX's order. */
  readonly weight: Float32Array;
  /** `[out]` */
  readonly bias: Float32Array;
  /** Paths of the units that became this one; absent if it is a unit of the network. */
  readonly mergedFrom?: readonly string[] | undefined;
}

/** Batch norm as a line per channel: y = slope · x + offset. */
export interface BatchNormLine {
  readonly slope: Float64Array;
  readonly offset: Float64Array;
}

/**
 * Reads a unit's variables and folds its batch norm, in float64, into the filter and a bias.
 *
 * @throws RangeError if the padding is `'same'`: see `fixedPadding`
 */
export function foldedUnit(path: string, unit: ConvUnit, reader: WeightReader): FoldedUnit {
  const { kernelSize, inChannels, outChannels, groups, stride, activation } = unit;
  const padding = fixedPaddingOf(unit, path);
  const inner = inChannels / groups;
  const { weight: filter, bias: given, batchNorm } = reader.unit(path, unit);
  const line = batchNorm && batchNormLine(batchNorm, batchNormEpsilon(unit));

  const weight = new Float32Array(filter.length);
  const bias = new Float32Array(outChannels);
  const area = kernelSize * kernelSize;
  for (let o = 0; o < outChannels; o++) {
    const slope = line?.slope[o] ?? 1;
    bias[o] = (given?.[o] ?? 0) * slope + (line?.offset[o] ?? 0);
    for (let i = 0; i < inner; i++) {
      for (let at = 0; at < area; at++) {
        // from [k, k, in, out] to [out, in, k, k]
        weight[(o * inner + i) * area + at] = (filter[(at * inner + i) * outChannels + o] as number) * slope;
      }
    }
  }
  return { path, kernelSize, stride, padding, groups, inChannels, outChannels, activation, weight, bias };
}

/**
 * Returns batch norm with moving statistics as a line.
 *
 * @param epsilon - what is added to the variance
 */
export function batchNormLine(
  numbers: BatchNormNumbers,
  epsilon: number = BATCH_NORM_EPSILON,
): BatchNormLine {
  const { gamma, beta, movingMean, movingVariance } = numbers;
  const slope = Float64Array.from(
    gamma,
    (value, c) => value / Math.sqrt((movingVariance[c] as number) + epsilon),
  );
  const offset = Float64Array.from(
    beta,
    (value, c) => value - (movingMean[c] as number) * (slope[c] as number),
  );
  return { slope, offset };
}
