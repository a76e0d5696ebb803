import { isDmnnError } from '@dmnn/foundation';
import {
  type Architecture,
  type Block,
  type ConvUnit,
  blockOutChannels,
  headLayers,
  placedBlocks,
  validateArchitecture,
} from '@dmnn/architecture';
import {
  type Float32Tensor,
  type NetworkData,
  type Weights,
  WeightsError,
  variableSpecs,
} from '@dmnn/weights';
import { type UnitNumbers, WeightReader, batchNormNames, missingOrWrong } from '@dmnn/weights/internal';
import { subdivideError } from '../subdivide-error.js';
import {
  type ChannelGrouping,
  type ChannelOrder,
  type Division,
  type SplitBlock,
  splitBlock,
} from './split-block.js';

/** Options of {@link splitWeights}. */
export interface SplitWeightsOptions {
  /** The undivided network. Additional weights are ignored. */
  readonly from: NetworkData;
  /** The network that {@link subdivide} made of it. */
  readonly to: Architecture;
  /**
   * Grouping of hidden channels that a convolution mixes, as in bottlenecks: with the least loss, or in consecutive
   * ranges. @defaultValue 'closest'
   */
  readonly grouping?: ChannelGrouping | undefined;
  /**
   * Which hidden channels go to which sub-block. `importance`: ordered by the variance that each causes in the block's
   * output, as weights and batch norms tell, so that the first sub-block has those that matter most; `contiguous`: as they
   * are; or scores by a block's path, one for each of its hidden channels, larger for what matters more. Groups of a grouped
   * convolution stay together, and so do the parts that `grouping` finds.
   *
   * @defaultValue 'contiguous'
   */
  readonly order?: ChannelOrder | undefined;
}

/** Result of {@link splitWeights}. */
export interface SplitWeights {
  /** All variables of the divided network except those of its controllers and the filters of new shortcuts. */
  readonly weights: Weights<Float32Tensor>;
  /** The divided blocks in order. */
  readonly blocks: readonly {
    /** `stage0.block1` */
    readonly path: string;
    /**
     * Expected share of the variance of the block's residual that is lost, computed from weights and batch norms
     * alone; 0 means that with all gates open the block computes the same function as before.
     */
    readonly lostShare: number;
  }[];
}

/**
 * Divides trained weights among sub-blocks, so that with all gates open the network computes the same function at
 * inference as before.
 *
 * Exact (to rounding) for basic blocks, inverted residuals and grouped convolutions, whose hidden channels meet only
 * in the sum of the last convolution: they are partitioned into consecutive ranges that differ by at most one
 * channel. In a bottleneck the 3×3 convolution mixes channels, so the split is the closest that the search finds:
 * groups of channels with the smallest weights between them, scaled by batch norm; if sub-blocks are wider than their
 * share, the outputs that gain most are computed twice and averaged. The mean of the lost part moves into the batch
 * norm.
 *
 * The last batch norm is divided: every part has a separate mean and deviation σ_n, scale γ·σ_n/σ, and shifts that
 * add up to the whole shift. Without data, mean and deviation are estimates from the part's channels; measure them
 * ({@link calibrationSteps}) before training, where batch norm uses the actual ones.
 *
 * Parts that the undivided network lacks are new. A projection that replaces a missing shortcut starts with gamma and
 * beta at 0, so that it adds nothing; its gamma has a gradient immediately, its filter from the second step on.
 * Controllers, exits and such filters are not in the result: take them from `initialWeights` of `@dmnn/weights`, as below.
 *
 * @returns tensors by the variable names of `@dmnn/network`; none shares memory with the input
 * @throws DmnnError `DMNN_SUBDIVIDE` if `to` was not divided from `from`
 * @throws WeightsError listing every variable of `from` that is missing, has another shape or is not finite; or if a
 * variance is negative
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { splitWeights } from '@dmnn/subdivide';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('cifar-resnet8');
 * const to = createArchitecture('dmnn-cifar-resnet8-n2');
 * const from = { architecture, weights: initialWeights(architecture, { seed: 1 }) };
 * const split = splitWeights({ from, to });
 * console.log(split.blocks.map(({ lostShare }) => lostShare)); // => [ 0, 0, 0 ]
 *
 * const weights = new Map([...initialWeights(to, { seed: 1 }), ...split.weights]);
 * console.log(weights.get('stage0.block0.subblock1.unit0.weight')?.shape); // => [ 3, 3, 16, 8 ]
 * ```
 * @see DMNN §3.1
 */
export function splitWeights(options: SplitWeightsOptions): SplitWeights {
  const { to, grouping = 'closest', order = 'contiguous' } = options;
  const { architecture: from, weights: whole } = options.from;
  checkDividedFrom(validateArchitecture(from), validateArchitecture(to));
  const problems = missingOrWrong(variableSpecs(from), whole);
  if (problems.length > 0) throw new WeightsError(`weights: not those of ${from.name}`, problems);
  const reader = new WeightReader(whole);
  const weights = new Map<string, Float32Tensor>();
  const copy = (name: string, shape: readonly number[]): void => {
    weights.set(name, tensorOf(shape, reader.numbers(name, shape).slice()));
  };
  const copyUnit = (path: string, unit: ConvUnit): void => {
    addUnit(weights, path, unit, reader.unit(path, unit));
  };

  for (const end of ['stem', 'head'] as const)
    from[end].units.forEach((unit, k) => {
      copyUnit(`${end}.unit${k}`, unit);
    });
  for (const { name, inputs, outputs } of headLayers(from.head)) {
    copy(`head.${name}.weight`, [inputs, outputs]);
    copy(`head.${name}.bias`, [outputs]);
  }

  const blocks: { path: string; lostShare: number }[] = [];
  const targets = placedBlocks(to);
  placedBlocks(from).forEach(({ block, path }, i) => {
    const target = targets[i]?.block ?? block;
    if (block.shortcut.kind === 'projection') copyUnit(`${path}.shortcut`, block.shortcut.unit);
    else if (target.shortcut.kind === 'projection')
      addSilentNorm(weights, `${path}.shortcut`, target.shortcut.unit);
    const split = atBlock(path, () => partsOf(block, target, path, reader, { grouping, order }));
    const divided: DividedBlock = target.bias === true ? withBias(split, biasOf(block, path, reader)) : split;
    if (divided.bias) weights.set(`${path}.bias`, tensorOf([divided.bias.length], divided.bias));
    target.subBlocks.forEach(({ units }, n) => {
      units.forEach((unit, k) => {
        addUnit(weights, `${path}.subblock${n}.unit${k}`, unit, divided.parts[n]?.[k] as UnitNumbers);
      });
    });
    if (target.controller) blocks.push({ path, lostShare: split.lostShare });
  });
  return { weights, blocks };
}

function partsOf(
  block: Architecture['stages'][number]['blocks'][number],
  target: typeof block,
  path: string,
  reader: WeightReader,
  division: Division,
): ReturnType<typeof splitBlock> {
  const [whole] = block.subBlocks;
  if (target.subBlocks.length > 1 || JSON.stringify(whole) !== JSON.stringify(target.subBlocks[0]))
    return splitBlock(block, target, path, reader, division);
  const units = whole?.units.map((unit, k) => reader.unit(`${path}.subblock0.unit${k}`, unit)) ?? [];
  return { parts: [units], lostShare: 0 };
}

/** The weights of a block's sub-blocks, and its bias. */
interface DividedBlock extends Pick<SplitBlock, 'parts'> {
  readonly bias?: Float32Array;
}

/** The bias of a block of the undivided network: zeros if it has none. */
function biasOf(block: Block, path: string, reader: WeightReader): Float32Array {
  const channels = blockOutChannels(block);
  return block.bias === true ? reader.numbers(`${path}.bias`, [channels]) : new Float32Array(channels);
}

/**
 * Moves the shifts of the last batch norms, or the biases where there are none, to the bias of the block: a batch norm's
 * shift is the mean of its output.
 *
 * @param own - the bias of the undivided block
 */
function withBias({ parts }: SplitBlock, own: Float32Array): DividedBlock {
  const bias = Float64Array.from(own);
  const shiftless = parts.map((units) => {
    const last = units.at(-1) as UnitNumbers;
    const shifts = last.batchNorm?.beta ?? last.bias ?? new Float32Array();
    shifts.forEach((shift, c) => (bias[c] = (bias[c] as number) + shift));
    const zeros = new Float32Array(shifts.length);
    const moved = last.batchNorm
      ? { ...last, batchNorm: { ...last.batchNorm, beta: zeros } }
      : { ...last, bias: last.bias && zeros };
    return [...units.slice(0, -1), moved];
  });
  return { parts: shiftless, bias: Float32Array.from(bias) };
}

function atBlock<T>(path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!isDmnnError(error, 'DMNN_SUBDIVIDE')) throw error;
    throw subdivideError(`${path}: ${error.message}`);
  }
}

function addUnit(
  weights: Map<string, Float32Tensor>,
  path: string,
  unit: ConvUnit,
  { weight, bias, batchNorm }: UnitNumbers,
): void {
  const { kernelSize, inChannels, outChannels, groups } = unit;
  weights.set(
    `${path}.weight`,
    tensorOf([kernelSize, kernelSize, inChannels / groups, outChannels], weight.slice()),
  );
  if (bias) weights.set(`${path}.bias`, tensorOf([outChannels], bias.slice()));
  if (!batchNorm) return;
  for (const name of batchNormNames)
    weights.set(`${path}.${name}`, tensorOf([outChannels], batchNorm[name].slice()));
}

/** A batch norm whose output is always 0. */
function addSilentNorm(weights: Map<string, Float32Tensor>, path: string, { outChannels }: ConvUnit): void {
  for (const name of batchNormNames) {
    const value = name === 'movingVariance' ? 1 : 0;
    weights.set(`${path}.${name}`, tensorOf([outChannels], new Float32Array(outChannels).fill(value)));
  }
}

function tensorOf(shape: readonly number[], data: Float32Array): Float32Tensor {
  return { dtype: 'F32', shape, data };
}

/** Names may differ: only properties that determine the variables are compared. */
function checkDividedFrom(from: Architecture, to: Architecture): void {
  if (from.undivided)
    throw subdivideError(
      `from: expected an undivided network, got ${from.name}, which is divided or has exits.`,
    );
  const plain = ({ stem, stages, head, inChannels, exits = [] }: Architecture): string =>
    JSON.stringify([stem, stages, head, inChannels, exits]);
  if (to.undivided && plain(to.undivided) === plain(from)) return;
  throw subdivideError(
    `to: expected a network divided from ${from.name}, got ${to.name}` +
      `${to.undivided ? `, divided from another ${to.undivided.name}` : ', which is not divided'}. ` +
      `Divide ${from.name} with subdivide.`,
  );
}
