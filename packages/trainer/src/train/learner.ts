import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import { type FlopsTable, countNetwork, countUndivided, flopsTable, fullMacs } from '@dmnn/flops';
import type { GateDecision } from '@dmnn/gating';
import { stageWeights } from '@dmnn/losses';
import { type CategoryHeads, type Network, type Statistics, createCategoryHeads } from '@dmnn/network';
import type * as tf from '@tensorflow/tfjs-core';
import { type ExitsRecipe, type GatingRecipe, type Recipe, RecipeError } from '@dmnn/runs';
import type { Teacher } from '../begin/teacher.js';
import type { Companions, TrainedNetwork } from './companions.js';
import { partOf } from './trained-parts.js';
import { gateDecision } from '../gates/gate-decision.js';
import { reinforcementTerm } from '../gates/reinforcement.js';
import type { ExitTraining } from './exit-loss.js';
import { type Contributions, contributionTerm } from '../gates/contribution-regression.js';
import type { PassTerm } from '../gates/pass-term.js';
import { type GatingSchedule, gatingSchedule } from '../gates/gating-schedule.js';

/** A network in training, its category heads, and the settings of their losses. */
export interface Learner extends TrainedNetwork {
  /** Absent without gates, if the recipe wants none, or if the data have one category. */
  readonly heads: CategoryHeads | undefined;
  /** One for each head. */
  readonly categoryWeights: readonly number[];
  /** How its gates are trained; undefined without gates. */
  readonly gating: GatingSchedule | undefined;
  /** How its gates come of logits; undefined without gates. */
  readonly decision: GateDecision | undefined;
  /** Networks that are trained along with it; absent if there are none. */
  readonly companions: Companions | undefined;
  /** Absent if there is none. */
  readonly teacher: Teacher | undefined;
  /** How its exits are trained; undefined without exits. */
  readonly exits: ExitTraining | undefined;
  /** The losses that the recipe adds to Eq. 16, as they are at a share of training; absent: none. */
  readonly terms?: ((progress: number) => readonly PassTerm[]) | undefined;
  /** The statistics that batch norm uses in training; those of exits always use the batch's. */
  readonly statistics: Statistics;
  /** What is trained, by name: the network's variables, or its controllers' only, the heads' and the companions'. */
  readonly trainable: ReadonlyMap<string, tf.Variable>;
  /** Moving statistics of the network, by name: changed by a forward pass, not by the optimiser. */
  readonly moving: ReadonlyMap<string, tf.Variable>;
  readonly table: FlopsTable;
  /** Cost of an image with all gates open, over that of the undivided backbone: turns a FLOPs rate into a MACs ratio. */
  readonly fullMacsRatio: number;
  /** `stage0.block1`, …: the path of each gated block. */
  readonly blockPaths: readonly string[];
}

/** Optional parts of a {@link Learner}, which takes ownership of all but the teacher. */
export interface LearnerExtras {
  /** A network to learn from as well. */
  readonly teacher?: Teacher | undefined;
  /** Networks to train along. */
  readonly companions?: Companions | undefined;
  /** What sub-blocks contribute, for gates that learn by regression. */
  readonly contributions?: Contributions | undefined;
}

/**
 * Puts together what is trained.
 *
 * @param recipe - decides about heads and their weights
 * @param data - how many categories there are, and the size of an image
 * @throws RecipeError if the weights are not one for each head
 */
export function createLearner(
  network: Network,
  recipe: Recipe,
  data: { readonly categories: number; readonly imageSizePx: number },
  { teacher, companions, contributions }: LearnerExtras = {},
): Learner {
  const { architecture } = network;
  const gated = gatedBlocks(architecture);
  const stated = gated.filter(({ controller }) => controller.kind === 'state');
  // of one category there is nothing to tell
  const category = stated.length > 0 && data.categories > 1 ? (recipe.gating?.category ?? null) : null;
  const categoryWeights = category ? weightsOf(category.weights, stated) : [];
  const heads = category
    ? createCategoryHeads({ states: network.stateUnits, categories: data.categories, seed: recipe.seed })
    : undefined;
  const gating = gated.length > 0 ? (recipe.gating ?? undefined) : undefined;
  const { trainable = 'all' } = recipe.fineTuning ?? {};
  const changeable = new Set(network.trainableNames);
  const isTrained = (name: string): boolean =>
    changeable.has(name) && (trainable === 'all' || partOf(name) === trainable);
  const own = [...network.variables];
  const table = flopsTable(countNetwork(architecture, { imageSizePx: data.imageSizePx }));
  const schedule = gating && gatingSchedule(gating, architecture);
  return {
    network,
    heads,
    categoryWeights,
    gating: schedule,
    decision: gating && gateDecision(gating),
    teacher,
    exits: recipe.exits && exitTraining(recipe.exits, architecture),
    terms: gating && schedule && addedTerms(gating, schedule, contributions),
    statistics: trainable === 'all' ? 'batch' : 'moving',
    companions,
    trainable: new Map([
      ...own.filter(([name]) => isTrained(name)),
      ...(heads?.variables ?? []),
      ...(companions?.trainable ?? []),
    ]),
    moving: new Map([...own.filter(([name]) => !changeable.has(name)), ...(companions?.moving ?? [])]),
    table,
    fullMacsRatio: fullMacs(table) / countUndivided(architecture, { imageSizePx: data.imageSizePx }).macs,
    blockPaths: gated.map(({ path }) => path),
  };
}

/** What a recipe adds to Eq. 16. */
function addedTerms(
  { policy, regression }: GatingRecipe,
  schedule: GatingSchedule,
  contributions: Contributions | undefined,
): Learner['terms'] {
  if (policy?.kind === 'reinforced') {
    const terms = [reinforcementTerm(policy)];
    // gates that are held open or decided without noise are not drawn
    return (progress) => (schedule.at(progress).gates === 'learning' ? terms : []);
  }
  if (!regression || !contributions) return undefined;
  const terms = [contributionTerm(regression.of, contributions)];
  return () => terms;
}

function exitTraining(
  { weights, distillation }: ExitsRecipe,
  { exits = [], name }: Architecture,
): ExitTraining {
  if (typeof weights === 'number') return { weights: exits.map(() => weights), distillation };
  if (weights.length === exits.length) return { weights, distillation };
  throw new RecipeError('recipe', [
    `exits.weights: expected ${exits.length} numbers, one for each exit of ${name}, got ${weights.length}`,
  ]);
}

/** Which variables of a learner decay, by the roles that a recipe names. */
export function decaysBy(roles: readonly string[], learner: Learner): (name: string) => boolean {
  if (roles.includes('all')) return () => true;
  const { network, heads } = learner;
  return (name) => {
    const variable = network.variables.get(name);
    if (!variable) return roles.includes(heads?.role(name) ?? ''); // none of a companion's
    const role = network.role(name);
    // a depth-wise filter sees one channel
    const dense = role === 'convolution' && variable.shape[2] !== 1;
    return roles.includes(role) || (dense && roles.includes('dense-convolution'));
  };
}

function weightsOf(
  weights: 'paper' | readonly number[],
  blocks: readonly { readonly stageIndex: number }[],
): readonly number[] {
  if (weights === 'paper') return stageWeights(blocks.map(({ stageIndex }) => stageIndex));
  if (weights.length === blocks.length) return weights;
  throw new RecipeError('recipe', [
    `gating.category.weights: expected ${blocks.length} numbers, one for each controller with a state, got ${weights.length}`,
  ]);
}
