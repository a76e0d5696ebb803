import { Option } from 'commander';
import { integerOption } from './number-option.js';

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
