import type { Architecture, Head } from '@dmnn/architecture';
import { initialWeights } from '@dmnn/weights';
import { type Recipe, RecipeError } from '@dmnn/runs';
import type { StartingPoint } from './starting-point.js';

/** Variables whose shapes depend on the number of classes: linear layers of the head and of exits. */
const ofClasses = /^(head|exit\d+)\.linear\./;

/**
 * A network to begin with, for another number of classes: its linear layers become new ones with random weights, all else
 * stays. A network of the same number of classes is returned as it is.
 *
 * @param classes - of the data
 * @param say - called with what became new
 * @throws RecipeError if the network is to teach, which knows other classes
 */
export function withNewHead(
  start: StartingPoint,
  classes: number,
  recipe: Recipe,
  say: (message: string) => void,
): StartingPoint {
  const { architecture } = start;
  const known = architecture.head.classes;
  if (known === classes) return start;
  if (recipe.fineTuning?.distillation) {
    throw new RecipeError(`recipe ${recipe.name}`, [cannotTeach(architecture, classes)]);
  }
  const headed = withClasses(architecture, classes);
  const fresh = initialWeights(headed, { seed: recipe.seed });
  const isNew = (name: string): boolean => ofClasses.test(name);
  say(
    `new head: ${architecture.name} knows ${known} classes, the data have ${classes}; its last linear ` +
      `${architecture.exits ? 'layers begin' : 'layer begins'} with random weights (seed ${recipe.seed}), all else with the trained ones`,
  );
  return {
    ...start,
    architecture: headed,
    weights: new Map([
      ...[...start.weights].filter(([name]) => !isNew(name)),
      ...[...fresh].filter(([name]) => isNew(name)),
    ]),
  };
}

/** Why a network that the data give a new head is no teacher. */
export function cannotTeach({ name, head }: Architecture, classes: number): string {
  return `fineTuning.distillation: expected null, since ${name} knows ${head.classes} classes and cannot teach the ${classes} of the data, got settings`;
}

/** The same network for another number of classes. */
export function withClasses(architecture: Architecture, classes: number): Architecture {
  const of = (head: Head): Head => ({ ...head, classes });
  const { head, exits, undivided } = architecture;
  return {
    ...architecture,
    head: of(head),
    ...(exits && { exits: exits.map((exit) => ({ ...exit, head: of(exit.head) })) }),
    ...(undivided && { undivided: withClasses(undivided, classes) }),
  };
}
