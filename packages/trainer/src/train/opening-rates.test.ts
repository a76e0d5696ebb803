import { createArchitecture } from '@dmnn/backbones';
import { describe, expect, it } from 'vitest';
import { openingRateProblems } from './opening-rates.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-n2');

describe('openingRateProblems', () => {
  it('takes one rate for all, and one for each sub-block', () => {
    expect(openingRateProblems(architecture, { openingRate: 0.88 })).toEqual([]);
    expect(openingRateProblems(architecture, { openingRate: [0.99, 0.2] })).toEqual([]);
    expect(openingRateProblems(createArchitecture('cifar-resnet8'), null)).toEqual([]);
  });

  it('names the first block of another number of sub-blocks', () => {
    expect(openingRateProblems(architecture, { openingRate: [0.99, 0.2, 0.1] })).toEqual([
      'gating.openingRate: expected a number, or 2, one for each sub-block of stage0.block0, got 3',
    ]);
  });
});
