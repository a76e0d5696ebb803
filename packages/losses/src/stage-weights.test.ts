import { describe, expect, it } from 'vitest';
import { stageWeights } from './stage-weights.js';

describe('stageWeights', () => {
  it('are the paper’s for ResNet-50: 3 + 4 + 6 + 3 blocks', () => {
    const stages = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3];
    const weights = stageWeights(stages);
    expect(weights.slice(0, 4)).toEqual([0.0001, 0.0001, 0.0001, 0.001]);
    expect(weights.slice(12)).toEqual([0.01, 0.1, 0.1, 0.1]);
    // 0.0003 + 0.004 + 0.06 + 0.3
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(0.3643, 12);
  });

  it('rise no further after the fourth stage', () => {
    expect(stageWeights([3, 4, 6])).toEqual([0.1, 0.1, 0.1]);
  });

  it.each([-1, 0.5, NaN])('refuses stage %f', (stage) => {
    expect(() => stageWeights([0, stage])).toThrow(RangeError);
    expect(() => stageWeights([0, stage])).toThrow(`stageIndices[1]: expected an integer >= 0, got ${stage}`);
  });
});
