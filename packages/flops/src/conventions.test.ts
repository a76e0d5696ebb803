import { describe, expect, it } from 'vitest';
import { describeConventions, paperConventions } from './conventions.js';

describe('describeConventions', () => {
  it("says the paper's", () => {
    expect(describeConventions(paperConventions)).toBe(
      'multiply-accumulates; convolutions and linear layers; controllers included; batch norm, bias, activations and pooling not',
    );
  });

  it('says any other', () => {
    expect(
      describeConventions({
        unit: 'flops',
        batchNorm: true,
        bias: true,
        activations: true,
        controllers: true,
      }),
    ).toBe(
      'FLOPs (2 per multiply-accumulate); convolutions and linear layers; controllers, batch norm, bias, activations and pooling included',
    );
    expect(describeConventions({ ...paperConventions, controllers: false })).toBe(
      'multiply-accumulates; convolutions and linear layers; controllers, batch norm, bias, activations and pooling not',
    );
  });

  it('says something else for every choice', () => {
    const lines = new Set<string>();
    const choices = [false, true];
    for (const unit of ['macs', 'flops'] as const)
      for (const batchNorm of choices)
        for (const bias of choices)
          for (const activations of choices)
            for (const controllers of choices)
              lines.add(describeConventions({ unit, batchNorm, bias, activations, controllers }));
    expect(lines.size).toBe(32);
  });

  it('refuses an unknown unit', () => {
    expect(() => describeConventions({ ...paperConventions, unit: 'ops' as 'macs' })).toThrow(RangeError);
  });
});
