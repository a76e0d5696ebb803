import { Option } from 'commander';
import { backendChoices } from '../terminal/start-backend.js';
import { choiceOption, integerOption } from './option-values.js';

/** `--json`: the result as one JSON value on standard output, errors as one on standard error. */
export function jsonOption(): Option {
  return new Option('--json', 'print one JSON value instead of text');
}

/** `--backend`: the one to compute with, or else the best that works. */
export function backendOption(whatElse: string): Option {
  return new Option(
    '--backend <name>',
    `compute with ${backendChoices.join(', ')}, and with nothing else (default: ${whatElse})`,
  ).argParser(choiceOption('--backend', backendChoices));
}

const checkpoints = ['best', 'latest'] as const;

/** Which state of a run. */
export type CheckpointChoice = (typeof checkpoints)[number];

/** `--checkpoint`: the best, unless the latest is wanted. */
export function checkpointOption(): Option {
  return new Option('--checkpoint <which>', 'best or latest')
    .argParser(choiceOption('--checkpoint', checkpoints))
    .default('best' satisfies CheckpointChoice);
}

/** `--workers`: how many threads decode images. */
export function workersOption(): Option {
  return new Option('--workers <threads>', 'threads that decode images (default: cores - 1)').argParser(
    integerOption('--workers', { min: 0 }),
  );
}

/** `--bad-images`: how many that cannot be decoded are left out before a command gives up. */
export function badImagesOption(): Option {
  return new Option('--bad-images <images>', 'damaged images that are left out before it stops')
    .argParser(integerOption('--bad-images', { min: 0 }))
    .default(10);
}

/** `--calibration-images`: how many images thresholds for budgets are found on. */
export function calibrationImagesOption(): Option {
  return new Option(
    '--calibration-images <images>',
    'training images, not augmented, to find the thresholds of budgets on',
  )
    .argParser(integerOption('--calibration-images', { min: 1, unit: 'images' }))
    .default(2000);
}
