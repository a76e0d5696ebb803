import type { ConvUnit } from '@dmnn/architecture';
import { type ActivationMoments, activationMoments } from './activation-moments.js';
import { deviationOf } from './batch-norm-scale.js';
import type { UnitNumbers } from '@dmnn/weights/internal';

/** A unit with its weights. */
export interface TrainedUnit extends UnitNumbers {
  readonly unit: ConvUnit;
}

/** The factor of a channel in batch norm: gamma divided by the deviation; 1 without batch norm. */
function slopeOf({ unit, batchNorm: norm }: TrainedUnit, channel: number): number {
  if (!norm) return 1;
  return (norm.gamma[channel] as number) / deviationOf(norm.movingVariance[channel] as number, unit.epsilon);
}

/**
 * Expected moments of each output channel of a unit; without batch norm they are unknown, and mean 0, variance 1 are
 * assumed.
 */
export function channelMoments({ unit, batchNorm }: TrainedUnit): ActivationMoments[] {
  return Array.from({ length: unit.outChannels }, (_, channel) =>
    batchNorm
      ? activationMoments(
          batchNorm.beta[channel] as number,
          Math.abs(batchNorm.gamma[channel] as number),
          unit.activation,
        )
      : { mean: 0, variance: 1, slope: 1 },
  );
}

/** `[from · outChannels + to]`: a sum over the filter taps of an ungrouped convolution. */
export function sumOverTaps(
  { unit, weight }: TrainedUnit,
  valueOf: (weight: number) => number,
): Float64Array {
  const { kernelSize, inChannels, outChannels } = unit;
  const filter = inChannels * outChannels;
  const sums = new Float64Array(filter);
  for (let i = 0; i < kernelSize ** 2 * filter; i++)
    sums[i % filter] = (sums[i % filter] as number) + valueOf(weight[i] as number);
  return sums;
}

/** For each hidden channel before the last unit: the variance that it causes in the block's output. */
export function outputImportance(last: TrainedUnit, moments: readonly ActivationMoments[]): Float64Array {
  const { inChannels, outChannels } = last.unit;
  const squares = sumOverTaps(last, (weight) => weight ** 2);
  return Float64Array.from({ length: inChannels }, (_, from) => {
    let sum = 0;
    for (let to = 0; to < outChannels; to++)
      sum += (squares[from * outChannels + to] as number) * slopeOf(last, to) ** 2;
    return sum * (moments[from] as ActivationMoments).variance;
  });
}

/**
 * How much the block's output depends on each weight from a to b of its middle convolution, `[a · channels + b]`: the
 * squared filter, times the variance of a, times the effect of a change of b on the output.
 */
export function mixingEnergy(first: TrainedUnit, middle: TrainedUnit, last: TrainedUnit): Float64Array {
  const channels = middle.unit.outChannels;
  const inputs = channelMoments(first);
  const outputs = channelMoments(middle);
  // a change is scaled by the mean slope of the activation
  const reach = outputImportance(
    last,
    outputs.map(({ mean, slope }) => ({ mean, slope, variance: slope })),
  );
  return sumOverTaps(middle, (weight) => weight ** 2).map((square, i) => {
    const [a, b] = [Math.floor(i / channels), i % channels];
    return (
      square * (inputs[a] as ActivationMoments).variance * slopeOf(middle, b) ** 2 * (reach[b] as number)
    );
  });
}
