import type { Block, SubBlock } from '@dmnn/architecture';
import { hiddenChannels } from '../hidden-channels.js';
import { subdivideError } from '../subdivide-error.js';
import type { ActivationMoments } from './activation-moments.js';
import {
  type TrainedUnit,
  channelMoments,
  mixingEnergy,
  outputImportance,
  sumOverTaps,
} from './block-numbers.js';
import { closestParts, lostEnergyShare } from './closest-parts.js';
import { type InputMoments, type KnownNorm, renewedNorms } from './divided-norms.js';
import { independentParts } from './independent-parts.js';
import type { ChannelPlan, PartChannels } from './part-channels.js';
import type { BatchNormNumbers, UnitNumbers, WeightReader } from '@dmnn/weights/internal';

/** Assignment of the channels of a block whose middle convolution mixes them: see `SplitWeightsOptions`. */
export type ChannelGrouping = 'closest' | 'contiguous';

/** Order of the hidden channels, and so of the sub-blocks: see `SplitWeightsOptions`. */
export type ChannelOrder = 'contiguous' | 'importance' | ReadonlyMap<string, ArrayLike<number>>;

/** How the channels of a block are divided. */
export interface Division {
  readonly grouping: ChannelGrouping;
  readonly order: ChannelOrder;
}

/** The divided weights of a block. */
export interface SplitBlock {
  /** `[n][k]`: unit k of sub-block n. */
  readonly parts: readonly (readonly UnitNumbers[])[];
  readonly lostShare: number;
}

/** Whether the convolutions between a block's first and last mix hidden channels across groups. */
export function mixesChannels(subBlock: SubBlock): boolean {
  return subBlock.units.slice(1, -1).some(({ groups, inChannels }) => groups === 1 && inChannels > 1);
}

/** Divides the weights of an undivided block among sub-blocks with the widths of a divided block. */
export function splitBlock(
  from: Block,
  to: Block,
  path: string,
  reader: WeightReader,
  division: Division,
): SplitBlock {
  const [whole] = from.subBlocks as readonly [SubBlock];
  const units = whole.units.map((unit, k): TrainedUnit => ({
    unit,
    ...reader.unit(`${path}.subblock0.unit${k}`, unit),
  }));
  const plan = channelPlan(from, to, units, path, division);
  return { parts: partNumbers(units, plan), lostShare: plan.lostShare };
}

function channelPlan(
  from: Block,
  to: Block,
  units: readonly TrainedUnit[],
  path: string,
  { grouping, order }: Division,
): ChannelPlan {
  const hidden = hiddenChannels(from);
  const widths = to.subBlocks.map((subBlock) => subBlock.units[0]?.outChannels as number);
  if (widths.some((width) => width > hidden.channels)) {
    throw subdivideError(
      `widths: expected at most the ${hidden.channels} hidden channels of the undivided block, got ${widths.join(', ')}. ` +
        `Divide the network with narrower sub-blocks.`,
    );
  }
  const last = units.at(-1) as TrainedUnit;
  const importance = outputImportance(last, channelMoments(units.at(-2) as TrainedUnit));
  const scores = order === 'importance' ? importance : givenScores(order, path, hidden.channels);
  if (!mixesChannels(from.subBlocks[0] as SubBlock))
    return independentParts(hidden, widths, importance, scores);
  const [first, middle] = units as [TrainedUnit, TrainedUnit];
  if (units.length !== 3) {
    throw subdivideError(
      `block: expected one convolution between the first and the last, got ${units.length - 2}. ` +
        `Trained weights of such blocks cannot be divided; train the divided network from scratch.`,
    );
  }
  const energy = mixingEnergy(first, middle, last);
  if (grouping === 'closest') {
    const plan = closestParts(energy, hidden.channels, widths);
    return scores ? { ...plan, parts: orderedParts(plan.parts, scores) } : plan;
  }
  const { parts } = independentParts(hidden, widths, importance, scores);
  return { parts, lostShare: lostEnergyShare(energy, hidden.channels, parts) };
}

/** Scores from data; undefined if channels stay in their order. */
function givenScores(
  order: 'contiguous' | ReadonlyMap<string, ArrayLike<number>>,
  path: string,
  channels: number,
): ArrayLike<number> | undefined {
  if (order === 'contiguous') return undefined;
  const scores = order.get(path);
  if (scores?.length === channels) return scores;
  throw subdivideError(
    `order: expected scores of the ${channels} hidden channels, got ${scores ? scores.length : 'none'}. ` +
      `Pass one list of scores for each block, by its path.`,
  );
}

/** Parts of equal widths, the most important first; others stay, since widths belong to places. */
function orderedParts(parts: readonly PartChannels[], scores: ArrayLike<number>): readonly PartChannels[] {
  const sumOf = ({ between, shares }: PartChannels): number =>
    (between.at(-1) ?? []).reduce(
      (sum, channel, i) => sum + (scores[channel] as number) * (shares[i] ?? 0),
      0,
    );
  const widthsOf = ({ between }: PartChannels): string => between.map(({ length }) => length).join();
  if (new Set(parts.map(widthsOf)).size > 1) return parts;
  return [...parts].sort((a, b) => sumOf(b) - sumOf(a));
}

function partNumbers(units: readonly TrainedUnit[], { parts }: ChannelPlan): UnitNumbers[][] {
  const lastNorms = dividedLastNorms(units, parts);
  return parts.map((part, n) =>
    units.map((trained, k): UnitNumbers => {
      const { unit, bias, batchNorm } = trained;
      const isLast = k === units.length - 1;
      const inputs = k === 0 || unit.groups > 1 ? undefined : part.between[k - 1];
      const outputs = isLast ? undefined : part.between[k];
      const weight = pickedWeight(trained, inputs, outputs, isLast ? part.shares : undefined);
      if (isLast)
        return { weight, bias: bias?.map((value) => value / parts.length), batchNorm: lastNorms?.[n] };
      const own = outputs ?? [];
      const missed = inputs && k > 0 ? missedMeans(units[k - 1] as TrainedUnit, trained, inputs) : undefined;
      const missedOf = (b: number): number => missed?.[b] ?? 0;
      return {
        weight,
        // the mean of what a part loses moves to its batch norm, or otherwise to its bias
        bias: bias && Float32Array.from(own, (b) => (bias[b] as number) + (batchNorm ? 0 : missedOf(b))),
        batchNorm: batchNorm && {
          gamma: picked(batchNorm.gamma, own),
          beta: picked(batchNorm.beta, own),
          movingMean: Float32Array.from(own, (b) => (batchNorm.movingMean[b] as number) - missedOf(b)),
          movingVariance: picked(batchNorm.movingVariance, own),
        },
      };
    }),
  );
}

/** `[b]`: mean contribution to output b of a convolution from all other inputs. */
function missedMeans(before: TrainedUnit, trained: TrainedUnit, inputs: readonly number[]): Float64Array {
  const { inChannels, outChannels } = trained.unit;
  const moments = channelMoments(before);
  const sums = sumOverTaps(trained, (weight) => weight);
  const present = new Set(inputs);
  const missed = new Float64Array(outChannels);
  for (let a = 0; a < inChannels; a++) {
    if (present.has(a)) continue;
    for (let b = 0; b < outChannels; b++)
      missed[b] =
        (missed[b] as number) +
        (sums[a * outChannels + b] as number) * (moments[a] as ActivationMoments).mean;
  }
  return missed;
}

/**
 * The divided last batch norm: expected means and variances of each part's channels, assuming that these are
 * independent and normal before their activation. The means add up to the whole mean, except for what no part has.
 */
function dividedLastNorms(
  units: readonly TrainedUnit[],
  parts: readonly PartChannels[],
): BatchNormNumbers[] | undefined {
  const last = units.at(-1) as TrainedUnit;
  const { batchNorm: norm } = last;
  if (!norm) return undefined;
  const { inChannels, outChannels } = last.unit;
  const moments = channelMoments(units.at(-2) as TrainedUnit);
  const sums = sumOverTaps(last, (weight) => weight);
  const squares = sumOverTaps(last, (weight) => weight ** 2);
  const expected = (channels: readonly number[], shareOf: (i: number) => number, to: number) => {
    let [mean, variance] = [0, 0];
    for (const [i, from] of channels.entries()) {
      const share = shareOf(i);
      const moment = moments[from] as ActivationMoments;
      mean += share * (sums[from * outChannels + to] as number) * moment.mean;
      variance += share ** 2 * (squares[from * outChannels + to] as number) * moment.variance;
    }
    return { mean, variance };
  };
  const all = Array.from({ length: inChannels }, (_, channel) => channel);
  const means = parts.map(() => new Float64Array(outChannels));
  const variances = parts.map(() => new Float64Array(outChannels));
  for (let to = 0; to < outChannels; to++) {
    const whole = expected(all, () => 1, to);
    const own = parts.map((part) => expected(part.between.at(-1) ?? [], (i) => part.shares[i] as number, to));
    const varianceSum = own.reduce((sum, { variance }) => sum + variance, 0);
    for (const [n, { mean, variance }] of own.entries()) {
      const share = varianceSum > 0 ? variance / varianceSum : 1 / parts.length;
      (means[n] as Float64Array)[to] = mean + ((norm.movingMean[to] as number) - whole.mean) / parts.length;
      (variances[n] as Float64Array)[to] = share * (norm.movingVariance[to] as number);
    }
  }
  return assigned({ ...norm, epsilon: last.unit.epsilon }, means, variances);
}

/** Divides one batch norm: the parts have the slope of the whole, and their shifts add up to its shift. */
function assigned(
  norm: BatchNormNumbers & Pick<KnownNorm, 'epsilon'>,
  means: readonly Float64Array[],
  variances: readonly Float64Array[],
): BatchNormNumbers[] {
  const count = means.length;
  // these means add up to the whole mean; only their rounding needs compensation
  const exact = means.map((mean): KnownNorm => ({
    gamma: norm.gamma,
    beta: Float64Array.from(norm.beta, (value) => value / count),
    movingMean: mean,
    movingVariance: norm.movingVariance,
    epsilon: norm.epsilon,
  }));
  const moments = means.map((mean, n): InputMoments => ({
    means: mean,
    variances: variances[n] as Float64Array,
  }));
  return renewedNorms(exact, moments, 'sum');
}

/** `[taps, inputs, outputs]` from `[taps, all inputs, all outputs]`, with rows multiplied by shares. */
function pickedWeight(
  { unit, weight }: TrainedUnit,
  inputs: readonly number[] | undefined,
  outputs: readonly number[] | undefined,
  shares: readonly number[] | undefined,
): Float32Array {
  const rows = unit.inChannels / unit.groups;
  const columns = unit.outChannels;
  const from = inputs ?? Array.from({ length: rows }, (_, a) => a);
  const to = outputs ?? Array.from({ length: columns }, (_, b) => b);
  const taps = unit.kernelSize ** 2;
  const result = new Float32Array(taps * from.length * to.length);
  let at = 0;
  for (let tap = 0; tap < taps; tap++) {
    for (const [i, a] of from.entries()) {
      const share = shares?.[i] ?? 1;
      for (const b of to) result[at++] = share * (weight[(tap * rows + a) * columns + b] as number);
    }
  }
  return result;
}

function picked(values: Float32Array, indices: readonly number[]): Float32Array {
  return Float32Array.from(indices, (index) => values[index] as number);
}
