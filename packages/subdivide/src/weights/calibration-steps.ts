import { type Architecture, type ConvUnit, gatedBlocks } from '@dmnn/architecture';
import { batchNormEpsilon } from '@dmnn/architecture/internal';
import { type Float32Tensor, type Weights, WeightsError } from '@dmnn/weights';
import { WeightReader, batchNormNames } from '@dmnn/weights/internal';
import { renewedNorms } from './divided-norms.js';
import { mixesChannels } from './split-block.js';

/** Batch norms whose means and variances are measured and replaced together. */
export interface CalibrationStep {
  /**
   * Units whose outputs are summed, such as the last units of a block's sub-blocks: `stage0.block0.subblock1.unit2`.
   */
  readonly sums: readonly {
    readonly paths: readonly string[];
    /** `sum`: their sum stays the same function. `mean`: the mean of the sum becomes the sum of the shifts. */
    readonly keep: 'sum' | 'mean';
    /** The bias of their block, which gets their shifts: `stage0.block0.bias`. */
    readonly bias?: string;
    /** What the batch norm of each path adds to the variance. Absent if that is 1e-5 for all. */
    readonly epsilons?: readonly number[];
  }[];
}

/**
 * The batch norms of a network with divided weights whose means and variances should be measured on data, in order:
 * each step is measured on the network with all earlier steps applied.
 *
 * If the split is exact there is one step: the last batch norms of all blocks, whose sums stay the same functions. A
 * convolution that mixes channels needs two steps per block: its own batch norm, then the last ones.
 *
 * @param to - the divided network
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { calibrationSteps } from '@dmnn/subdivide';
 *
 * const [step] = calibrationSteps(createArchitecture('dmnn-cifar-resnet8-n2'));
 * console.log(step?.sums[0]?.paths); // => [ 'stage0.block0.subblock0.unit1', 'stage0.block0.subblock1.unit1' ]
 * ```
 */
export function calibrationSteps(to: Architecture): CalibrationStep[] {
  const blocks = gatedBlocks(to).filter(({ block }) => block.subBlocks.length > 1);
  const lastNorms: CalibrationStep['sums'][number][] = [];
  const steps: CalibrationStep[] = [];
  for (const { block, path } of blocks) {
    const mixes = block.subBlocks.some(mixesChannels);
    const normsAt = (fromEnd: number): PlacedNorm[] =>
      block.subBlocks.flatMap(({ units }, n) => {
        const k = units.length - fromEnd;
        const unit = units[k];
        return unit?.batchNorm ? [{ unit, path: `${path}.subblock${n}.unit${k}` }] : [];
      });
    const last = normsAt(1);
    const bias = block.bias === true ? { bias: `${path}.bias` } : {};
    if (!mixes) {
      if (last.length > 0) lastNorms.push({ ...sumOf(last, 'sum'), ...bias });
      continue;
    }
    const middle = normsAt(2);
    if (middle.length > 0) steps.push({ sums: middle.map((one) => sumOf([one], 'mean')) });
    if (last.length > 0) steps.push({ sums: [{ ...sumOf(last, 'mean'), ...bias }] });
  }
  return lastNorms.length > 0 ? [...steps, { sums: lastNorms }] : steps;
}

/** A unit with a batch norm, and its path. */
interface PlacedNorm {
  readonly path: string;
  readonly unit: ConvUnit;
}

function sumOf(norms: readonly PlacedNorm[], keep: 'sum' | 'mean'): CalibrationStep['sums'][number] {
  const usual = norms.every(({ unit }) => unit.epsilon === undefined);
  return {
    paths: norms.map(({ path }) => path),
    keep,
    ...(usual ? {} : { epsilons: norms.map(({ unit }) => batchNormEpsilon(unit)) }),
  };
}

/**
 * Applies a calibration step: the batch norms get the measured means and variances, and scales and shifts that
 * preserve what `keep` of the step says.
 *
 * @param weights - weights of the divided network
 * @param measured - means and variances of the inputs of batch norms, under the names of `movingMean` and
 * `movingVariance`, as returned by `inputStatistics` of a network of `@dmnn/network`
 * @returns the batch norms that changed, and the biases of blocks
 * @throws WeightsError if a tensor is missing, has another shape or is not finite, or a variance is negative
 */
export function calibrateNorms(
  step: CalibrationStep,
  weights: Weights,
  measured: Weights,
): Map<string, Float32Tensor> {
  const present = new WeightReader(weights);
  const latest = new WeightReader(measured);
  const changed = new Map<string, Float32Tensor>();
  const set = (name: string, data: Float32Array): void => {
    changed.set(name, { dtype: 'F32', shape: [data.length], data });
  };
  for (const { paths, keep, bias, epsilons } of step.sums) {
    const channels = channelsOf(weights, paths[0] as string);
    const norms = paths.map((path, n) => ({ ...present.batchNorm(path, channels), epsilon: epsilons?.[n] }));
    const moments = paths.map((path) => ({
      means: latest.numbers(`${path}.movingMean`, [channels]),
      variances: latest.numbers(`${path}.movingVariance`, [channels]),
    }));
    const renewed = renewedNorms(norms, moments, keep);
    for (const [n, norm] of renewed.entries()) {
      for (const name of batchNormNames)
        set(
          `${paths[n] as string}.${name}`,
          name === 'beta' && bias !== undefined ? new Float32Array(channels) : norm[name],
        );
    }
    if (bias === undefined) continue;
    const shifts = present
      .numbers(bias, [channels])
      .map((value, c) => renewed.reduce((sum, { beta }) => sum + (beta[c] as number), value));
    set(bias, shifts);
  }
  return changed;
}

function channelsOf(weights: Weights, path: string): number {
  const beta = weights.get(`${path}.beta`);
  if (beta) return beta.data.length;
  throw new WeightsError('weights', [`${path}.beta: expected that of a batch norm, got nothing`]);
}
