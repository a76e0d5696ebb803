import { Option } from 'commander';
import { integerOption } from './number-option.js';

/** `--calibration-images`: how many images thresholds for budgets are found on. */
export function calibrationImagesOption(): Option {
  return new Option(
    '--calibration-images <images>',
    'training images, not augmented, to find the thresholds of budgets on',
  )
    .argParser(integerOption('--calibration-images', { min: 1, unit: 'images' }))
    .default(2000);
}
