import { Option } from 'commander';
import { integerOption } from './number-option.js';

/** `--noisy-gates [seed]`: evaluates as ConvNet-AIG's authors did. */
export function noisyGatesOption(): Option {
  return new Option(
    '--noisy-gates [seed]',
    "Gumbel noise on the gates, as when ConvNet-AIG's authors evaluated: only to repeat such numbers (seed: 1)",
  )
    .preset('1')
    .argParser(integerOption('--noisy-gates', { min: 0, unit: 'the seed of the noise' }));
}
