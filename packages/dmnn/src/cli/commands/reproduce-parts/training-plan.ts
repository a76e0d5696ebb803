import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { slimmable } from '@dmnn/backbones';
import { type Dataset, stepsPerEpoch } from '@dmnn/data';
import { countNetwork, countUndivided } from '@dmnn/flops';
import type { GatingOptimum, TrainingMemory } from '@dmnn/trainer';
import { type Recipe, RecipeError } from '@dmnn/runs';
import { countText } from '../../../text/count-text.js';
import { optimumText } from '../../../text/optimum-text.js';

/** What a training run would do: printed by `dmnn train --dry-run`. */
export interface TrainingPlan {
  readonly recipe: Recipe;
  /** Where it would be trained; null if nobody said. */
  readonly folder: string | null;
  readonly data: { readonly name: string; readonly trainImages: number; readonly testImages: number };
  readonly model: {
    readonly name: string;
    readonly parameters: number;
    readonly macs: number;
    readonly undividedMacs: number;
  };
  /** What becomes of the network that it would begin with; absent without one. */
  readonly begin?: BeginPlan | undefined;
  /** Maximum cost of an image after pruning; null without pruning. */
  readonly prunedMacs: number | null;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  /**
   * Forward and backward passes of the whole run with all gates open, without pruning: three times the forward pass of every width.
   */
  readonly trainingMacs: number;
  /** Estimated. */
  readonly memory: TrainingMemory;
  /** The gate rates at which both resource losses together are minimal; null without gates. */
  readonly optimum: GatingOptimum | null;
}

/** What becomes of the network that a run begins with. */
interface BeginPlan {
  /** Its name. */
  readonly from: string;
  /** Numbers of classes, if the head becomes a new one with random weights. */
  readonly newHead: { readonly from: number; readonly to: number } | null;
  /** Sub-blocks of the blocks that it is divided into, and which channels are in the first; null if it is not divided. */
  readonly division: { readonly subBlocks: readonly number[]; readonly channelOrder: string } | null;
  /** Exits that are new. */
  readonly newExits: number;
  readonly trainable: 'all' | 'controllers' | 'exits' | 'head';
}

/**
 * Plans the training of a recipe on a data set.
 *
 * @param from - what it would begin with
 * @throws RecipeError if `train` would refuse the recipe with these data, or it asks for more than any machine has
 * @throws what `architectureOf` of `@dmnn/trainer` throws
 */
export async function trainingPlan(
  recipe: Recipe,
  data: { readonly train: Dataset; readonly test: Dataset },
  folder: string | null,
  from?: Architecture,
): Promise<TrainingPlan> {
  const { architectureOf, gatingOptimum, trainingMemory } = await import('@dmnn/trainer');
  const { asksForRates } = await import('@dmnn/trainer/internal');
  const { assertCanStartFrom, cannotTeach, recipeProblems, withClasses } =
    await import('@dmnn/trainer/internal');
  const architecture = architectureOf(recipe, data.train, from);
  const problems = recipeProblems(recipe, architecture, data);
  if (from && recipe.fineTuning?.distillation && from.head.classes !== data.train.classes)
    problems.push(cannotTeach(from, data.train.classes));
  if (problems.length > 0) throw new RecipeError(`recipe ${recipe.name}`, problems);
  if (from && !recipe.pruning)
    assertCanStartFrom(withClasses(from, data.train.classes), architecture, recipe);
  const count = countNetwork(architecture);
  const undividedMacs = countUndivided(architecture).macs;
  const perEpoch = stepsPerEpoch(data.train.size, recipe);
  const prunedMacs = recipe.pruning ? Math.floor(recipe.pruning.macsRatio * count.macs) : null;
  const isGated = gatedBlocks(architecture).length > 0;
  return {
    recipe,
    folder,
    data: { name: data.train.name, trainImages: data.train.size, testImages: data.test.size },
    model: { name: architecture.name, parameters: count.parameters, macs: count.macs, undividedMacs },
    ...(from && { begin: beginPlan(recipe, architecture, from) }),
    prunedMacs,
    stepsPerEpoch: perEpoch,
    steps: perEpoch * recipe.epochs,
    trainingMacs:
      3 * (prunedMacs ?? macsOfWidths(recipe, architecture)) * perEpoch * recipe.epochs * recipe.batchSize,
    memory: trainingMemory(architecture, recipe),
    optimum:
      recipe.gating && isGated && asksForRates(recipe.gating)
        ? gatingOptimum(architecture, recipe.gating)
        : null,
  };
}

function beginPlan({ fineTuning }: Recipe, architecture: Architecture, from: Architecture): BeginPlan {
  const { trainable = 'all', channelOrder = 'contiguous' } = fineTuning ?? {};
  const isDivided = architecture.undivided !== undefined && gatedBlocks(from).length === 0;
  const counts = gatedBlocks(architecture).map(({ block }) => block.subBlocks.length);
  const [known, classes] = [from.head.classes, architecture.head.classes];
  return {
    from: from.name,
    newHead: known === classes ? null : { from: known, to: classes },
    division: isDivided ? { subBlocks: counts, channelOrder } : null,
    newExits: Math.max(0, (architecture.exits?.length ?? 0) - (from.exits?.length ?? 0)),
    trainable,
  };
}

/** MACs of one image: the sum over all widths of a slimmable network, otherwise those of the network. */
function macsOfWidths({ model, slimmable: narrow }: Recipe, architecture: Architecture): number {
  if (!narrow) return countNetwork(architecture).macs;
  const { imageSizePx, head } = architecture;
  const { networks } = slimmable(model.name, { ...narrow, imageSizePx, classes: head.classes });
  return networks.reduce((sum, network) => sum + countNetwork(network).macs, 0);
}

/** Whether a plan says the whole recipe too. */
export interface PlanTextOptions {
  readonly verbose?: boolean | undefined;
}

/** The plan as text. The recipe, which is long, stands before it. */
export function trainingPlanText(plan: TrainingPlan, { verbose = false }: PlanTextOptions = {}): string {
  const { recipe, folder } = plan;
  return [
    ...(verbose ? [JSON.stringify(recipe, null, 2), ''] : []),
    `${recipe.name}: ${recipe.description}`,
    ...planLines(plan),
    ...(folder === null ? [] : [`run     ${folder}`]),
  ].join('\n');
}

/** Model, data, steps and costs, one line each. */
export function planLines(plan: TrainingPlan): string[] {
  const { recipe, data, model, prunedMacs, memory } = plan;
  const { stepsPerEpoch: perEpoch, steps, trainingMacs, optimum } = plan;
  return [
    `model   ${model.name}: ${countText(model.parameters)} parameters, ${countText(model.macs)} MACs with all gates open`,
    ...beginLines(plan.begin),
    ...(prunedMacs === null
      ? []
      : [`pruned  to at most ${countText(prunedMacs)} MACs, starting from the trained network of --from`]),
    `data    ${data.name}: ${data.trainImages} training images, ${data.testImages} test images`,
    `steps   ${recipe.epochs} epochs of ${perEpoch}, ${steps} in all, ${recipe.batchSize} images each`,
    ...factorsLines(recipe),
    `cost    ${countText(trainingMacs)} multiply-accumulates, forwards and backwards`,
    `memory  about ${countText(memory.totalBytes)}B of tensors (estimated): three 32-bit values for each layer output of ` +
      `${memory.images} images, weights, momentum, gradients`,
    ...(optimum ? [`target  ${optimumText(optimum)}`] : []),
  ];
}

/** What the run begins with, and what of it is new, divided and trained. */
function beginLines(begin: BeginPlan | undefined): string[] {
  if (!begin) return [];
  const { from, newHead, division, newExits, trainable } = begin;
  const counts = [...new Set(division?.subBlocks ?? [])].sort((a, b) => a - b).join(' or ');
  const order = division?.channelOrder === 'importance' ? 'the most important channels first' : 'channels in their order'; // prettier-ignore
  return [
    `begin   with the weights of ${from}`,
    ...(newHead
      ? [`head    new, with random weights: ${newHead.to} classes in place of ${newHead.from}`]
      : []),
    ...(division
      ? [`divide  ${division.subBlocks.length} blocks in ${counts} sub-blocks each, ${order}`]
      : []),
    ...(newExits > 0 ? [`exits   ${newExits} new, with random weights`] : []),
    ...(trainable === 'all' ? [] : [`train   the ${trainable} alone; all else stays as it is`]),
  ];
}

/** What the learning rate is, and for which parts another. */
function factorsLines({ learningRate, fineTuning }: Recipe): string[] {
  const factors = Object.entries(fineTuning?.learningRateFactors ?? {}).filter(
    ([, each]) => each !== undefined,
  );
  if (factors.length === 0) return [];
  const parts = factors.map(([part, factor]) => `${part} ${factor} times`);
  return [`rates   ${parts.join(', ')} the learning rate, which starts at ${learningRate.from}`];
}
