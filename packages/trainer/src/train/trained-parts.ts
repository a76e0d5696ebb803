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

/**
 * Why what a recipe says of parts does not fit its network: the only one to train is not there, or has a factor although it is
 * not there or not trained.
 */
export function partProblems({ fineTuning }: Recipe, architecture: Architecture): string[] {
  const { learningRateFactors = {}, trainable = 'all' } = fineTuning ?? {};
  if (trainable !== 'all' && !partsOf(architecture)[trainable]) {
    const remedy = trainable === 'exits' ? ' or exits in the recipe (dmnn train --exits 3)' : '';
    return [
      `fineTuning.trainable: expected 'all'${remedy}, since ${architecture.name} has no ${trainable}, got '${trainable}'`,
    ];
  }
  return trainedParts.flatMap((part) => {
    const factor = learningRateFactors[part];
    const why = factor === undefined ? undefined : lackOf(part, trainable, architecture);
    return why === undefined
      ? []
      : [`fineTuning.learningRateFactors.${part}: expected none, since ${why}, got ${factor}`];
  });
}

/** Whether a network has each part. */
function partsOf(architecture: Architecture): Readonly<Record<TrainedPart, boolean>> {
  return {
    trunk: true,
    controllers: gatedBlocks(architecture).length > 0,
    exits: architecture.exits !== undefined,
    head: true,
  };
}

function lackOf(
  part: TrainedPart,
  trainable: NonNullable<Recipe['fineTuning']>['trainable'],
  architecture: Architecture,
): string | undefined {
  if (!partsOf(architecture)[part]) return `${architecture.name} has no ${part}`;
  const isTrained = trainable === 'all' || trainable === part;
  return isTrained ? undefined : `only the ${trainable === 'head' ? 'head is' : `${trainable} are`} trained`;
}
