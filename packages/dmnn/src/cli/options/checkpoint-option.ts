import { Option } from 'commander';
import { choiceOption } from './choice-option.js';

const checkpoints = ['best', 'latest'] as const;

/** Which state of a run. */
export type CheckpointChoice = (typeof checkpoints)[number];

/** `--checkpoint`: the best, unless the latest is wanted. */
export function checkpointOption(): Option {
  return new Option('--checkpoint <which>', 'best or latest')
    .argParser(choiceOption('--checkpoint', checkpoints))
    .default('best' satisfies CheckpointChoice);
}
