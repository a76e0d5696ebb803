import { Option } from 'commander';
import { backendChoices } from '../terminal/start-backend.js';
import { choiceOption, integerOption } from './option-values.js';

/** `--json`: the result as one JSON value on standard output, errors as one on standard error. */
export function jsonOption(): Option {
  return new Option('--json', 'print one JSON value instead of text');
}

/** `--backend`: the backend to compute with; by default the best that works. */
export function backendOption(whatElse: string): Option {
  return new Option(
    '--backend <name>',
    `backend to compute with, without fallback: ${backendChoices.join(', ')} (default: ${whatElse})`,
  ).argParser(choiceOption('--backend', backendChoices));
}

const checkpoints = ['best', 'latest'] as const;

/** Which checkpoint of a run. */
export type CheckpointChoice = (typeof checkpoints)[number];

/** `--checkpoint`: the best by default. */
export function checkpointOption(): Option {
  return new Option('--checkpoint <which>', 'checkpoint of the run: best or latest')
    .argParser(choiceOption('--checkpoint', checkpoints))
    .default('best' satisfies CheckpointChoice);
}

/** `--workers`: how many threads decode images. */
export function workersOption(): Option {
  return new Option(
    '--workers <threads>',
    'threads that decode images (default: one less than the cores)',
  ).argParser(integerOption('--workers', { min: 0 }));
}

/** `--bad-images`: how many undecodable images a command skips before it stops. */
export function badImagesOption(): Option {
  return new Option('--bad-images <images>', 'maximum number of damaged images to skip before stopping')
    .argParser(integerOption('--bad-images', { min: 0 }))
    .default(10);
}

/** `--calibration-images`: number of images on which budget thresholds are found. */
export function calibrationImagesOption(): Option {
  return new Option(
    '--calibration-images <images>',
    'number of training images, not augmented, on which budget thresholds are found',
  )
    .argParser(integerOption('--calibration-images', { min: 1, unit: 'images' }))
    .default(2000);
}
