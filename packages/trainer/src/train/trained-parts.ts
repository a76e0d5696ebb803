import { type Architecture, gatedBlocks } from '@dmnn/architecture';
import type { LearningRateFactors, Recipe } from '@dmnn/runs';

/** A part of a network in training, of which a recipe can say how fast it learns. */
type TrainedPart = keyof LearningRateFactors;

/** The parts whose variables do not belong to the trunk, by their names; category heads learn with the controllers. */
const patterns: { readonly [part in Exclude<TrainedPart, 'trunk'>]: RegExp } = {
  controllers: /(?:^|\.)controllers?\.|^categories\./,
  exits: /^exit\d+\./,
  head: /^head\./,
};

/** All parts; what is in none of the others is the trunk. */
const trainedParts: readonly TrainedPart[] = ['trunk', 'controllers', 'exits', 'head'];

/** The part that a variable of a network or of its category heads is in. */
export function partOf(name: string): TrainedPart {
  return trainedParts.find((part) => part !== 'trunk' && patterns[part].test(name)) ?? 'trunk';
}

/** What the learning rate of a variable is multiplied by. */
export function learningRateFactor({ fineTuning }: Recipe): (name: string) => number {
  const factors = fineTuning?.learningRateFactors;
  return factors ? (name) => factors[partOf(name)] ?? 1 : () => 1;
}

/** Why the factors of a recipe do not fit its network: one for a part that is not there, or is not trained. */
export function factorProblems({ fineTuning }: Recipe, architecture: Architecture): string[] {
  const { learningRateFactors = {}, trainable = 'all' } = fineTuning ?? {};
  return trainedParts.flatMap((part) => {
    const factor = learningRateFactors[part];
    const why = factor === undefined ? undefined : lackOf(part, trainable, architecture);
    return why === undefined
      ? []
      : [`fineTuning.learningRateFactors.${part}: expected none, since ${why}, got ${factor}`];
  });
}

function lackOf(
  part: TrainedPart,
  trainable: NonNullable<Recipe['fineTuning']>['trainable'],
  architecture: Architecture,
): string | undefined {
  const isThere = {
    trunk: true,
    controllers: gatedBlocks(architecture).length > 0,
    exits: architecture.exits !== undefined,
    head: true,
  };
  if (!isThere[part]) return `${architecture.name} has no ${part}`;
  // category heads learn with the head, too
  const isTrained =
    trainable === 'all' || trainable === part || (trainable === 'head' && part === 'controllers');
  return isTrained ? undefined : `only the ${trainable === 'head' ? 'head is' : `${trainable} are`} trained`;
}
