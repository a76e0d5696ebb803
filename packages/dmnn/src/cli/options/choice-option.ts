import { closestNames } from '@dmnn/backbones';
import { UsageError } from '../terminal/usage-error.js';

/**
 * A parser of an option that takes one of a few words.
 *
 * @param option - as typed: `--backend`
 * @returns throws UsageError with the words and those near the one given
 */
export function choiceOption<Choice extends string>(
  option: string,
  choices: readonly Choice[],
): (value: string) => Choice {
  return (value) => {
    const choice = choices.find((each) => each === value);
    if (choice !== undefined) return choice;
    throw new UsageError(
      `${option}: expected ${choices.join(', ')}, got '${value}'.`,
      closestNames(value, choices),
    );
  };
}
