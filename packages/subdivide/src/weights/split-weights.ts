import { isDmnnError } from '@dmnn/foundation';
import { type Architecture, type ConvUnit, placedBlocks, validateArchitecture } from '@dmnn/architecture';
import {
  type Float32Tensor,
  type NetworkData,
  type Weights,
  WeightsError,
  variableSpecs,
} from '@dmnn/weights';
import { type UnitNumbers, WeightReader, batchNormNames, missingOrWrong } from '@dmnn/weights/internal';
import { subdivideError } from '../subdivide-error.js';
import { type ChannelGrouping, splitBlock } from './split-block.js';

/** What {@link splitWeights} takes. */
export interface SplitWeightsOptions {
  /** The undivided network. Weights beyond its variables are ignored. */
  readonly from: NetworkData;
  /** The network that {@link subdivide} made of it. */
  readonly to: Architecture;
  /**
   * Which hidden channels go together where a convolution mixes them, as in bottlenecks: those that lose least, or runs
   * of them in their order. @defaultValue 'closest'
   */
  readonly grouping?: ChannelGrouping | undefined;
}

/** What {@link splitWeights} gives. */
export interface SplitWeights {
  /** Every variable of the divided network but those of its controllers and the filters of shortcuts that are new. */
  readonly weights: Weights<Float32Tensor>;
  /** The divided blocks in order. */
  readonly blocks: readonly {
    /** `stage0.block1` */
    readonly path: string;
    /**
     * Expected share of the variance of the block's residual that is lost, from weights and batch norms alone; 0: with
     * all gates open the block computes what it did.
     */
    readonly lostShare: number;
  }[];
}

/**
 * Divides trained weights among sub-blocks, so that with all gates open the network computes at inference what it did.
 *
 * Exact (to rounding) for basic blocks, inverted residuals and grouped convolutions, whose hidden channels meet only in
 * the sum of the last convolution: they are partitioned in their order, parts differing by at most one. In a bottleneck
 * the 3×3 convolution mixes them; there the split is the closest that was found: groups of channels between which the
 * convolution, scaled by batch norm, carries least; where sub-blocks are wider than their share, outputs that gain most
 * are computed twice and averaged. The mean of what is lost moves into the batch norm.
 *
 * The last batch norm divides: every part has a mean and a deviation σ_n of its own, scale γ·σ_n/σ, and shifts that add
 * up to the whole's. Without data they are what is expected of the part's channels; measure them
 * ({@link calibrationSteps}) before training, whose batch norm uses the real ones.
 *
 * What the undivided network lacks is new. A projection in place of no shortcut starts with gamma and beta at 0, so that
 * it adds nothing; its gamma has a gradient at once, its filter from the second step on. Controllers and such filters
 * are left out of the result: take them from `initialWeights` of `@dmnn/weights`, as below.
 *
 * @returns tensors by the names of `@dmnn/network`'s variables, all new
 * @throws DmnnError `DMNN_SUBDIVIDE` if `to` was not divided from `from`
 * @throws WeightsError with every variable of `from` that is missing, of another shape or not finite; if a variance is negative
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
  const { to, grouping = 'closest' } = options;
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
  copy('head.linear.weight', [from.head.inFeatures, from.head.classes]);
  copy('head.linear.bias', [from.head.classes]);

  const blocks: { path: string; lostShare: number }[] = [];
  const divided = placedBlocks(to);
  placedBlocks(from).forEach(({ block, path }, i) => {
    const target = divided[i]?.block ?? block;
    if (block.shortcut.kind === 'projection') copyUnit(`${path}.shortcut`, block.shortcut.unit);
    else if (target.shortcut.kind === 'projection')
      addSilentNorm(weights, `${path}.shortcut`, target.shortcut.unit);
    const split = atBlock(path, () => partsOf(block, target, path, reader, grouping));
    target.subBlocks.forEach(({ units }, n) => {
      units.forEach((unit, k) => {
        addUnit(weights, `${path}.subblock${n}.unit${k}`, unit, split.parts[n]?.[k] as UnitNumbers);
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
  grouping: ChannelGrouping,
): ReturnType<typeof splitBlock> {
  const [whole] = block.subBlocks;
  if (target.subBlocks.length > 1 || JSON.stringify(whole) !== JSON.stringify(target.subBlocks[0]))
    return splitBlock(block, target, path, reader, grouping);
  const units = whole?.units.map((unit, k) => reader.unit(`${path}.subblock0.unit${k}`, unit)) ?? [];
  return { parts: [units], lostShare: 0 };
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

/** Batch norm that gives 0 whatever enters. */
function addSilentNorm(weights: Map<string, Float32Tensor>, path: string, { outChannels }: ConvUnit): void {
  for (const name of batchNormNames) {
    const value = name === 'movingVariance' ? 1 : 0;
    weights.set(`${path}.${name}`, tensorOf([outChannels], new Float32Array(outChannels).fill(value)));
  }
}

function tensorOf(shape: readonly number[], data: Float32Array): Float32Tensor {
  return { dtype: 'F32', shape, data };
}

/** Names may differ: what is compared is what decides about the variables. */
function checkDividedFrom(from: Architecture, to: Architecture): void {
  if (from.undivided)
    throw subdivideError(`from: expected an undivided network, got ${from.name}, which is divided.`);
  const plain = ({ stem, stages, head, inChannels }: Architecture): string =>
    JSON.stringify([stem, stages, head, inChannels]);
  if (to.undivided && plain(to.undivided) === plain(from)) return;
  throw subdivideError(
    `to: expected a network divided from ${from.name}, got ${to.name}` +
      `${to.undivided ? `, divided from another ${to.undivided.name}` : ', which is not divided'}. ` +
      `Divide ${from.name} with subdivide.`,
  );
}
