import { createArchitecture } from '@dmnn/backbones';
import { describe, expect, it } from 'vitest';
import { openingProblems } from './opening-problems.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-n2');

describe('openingProblems', () => {
  it('takes one number for all, and one for each sub-block', () => {
    expect(openingProblems(architecture, { openingRate: 0.88 })).toEqual([]);
    expect(openingProblems(architecture, { openingRate: [0.99, 0.2], openingScale: [1, 0] })).toEqual([]);
    expect(openingProblems(createArchitecture('cifar-resnet8'), null)).toEqual([]);
  });

  it('names the first block of another number of sub-blocks', () => {
    expect(openingProblems(architecture, { openingRate: [0.99, 0.2, 0.1], openingScale: [0] })).toEqual([
      'gating.openingRate: expected a number, or 2, one for each sub-block of stage0.block0, got 3',
      'gating.openingScale: expected a number, or 2, one for each sub-block of stage0.block0, got 1',
    ]);
  });
});
