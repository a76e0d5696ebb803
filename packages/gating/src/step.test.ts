import { describe, expect, it } from 'vitest';
import { step } from './step.js';

describe('step', () => {
  it('holds each value from its start on', () => {
    const schedule = step([
      [0, 5],
      [1 / 3, 2.5],
      [2 / 3, 1],
    ]); // dynconv's temperatures on ImageNet
    expect([0, 0.33, 1 / 3, 0.5, 2 / 3, 1].map(schedule)).toEqual([5, 5, 2.5, 2.5, 1, 1]);
  });

  it('refuses steps that do not cover training', () => {
    expect(() => step([])).toThrow('steps: expected the first to start at 0, got undefined');
    expect(() => step([[0.1, 1]])).toThrow('got 0.1');
    expect(() =>
      step([
        [0, 1],
        [0.5, 2],
        [0.5, 3],
      ]),
    ).toThrow('got 0.5 after 0.5');
    expect(() =>
      step([
        [0, 1],
        [1.2, 2],
      ]),
    ).toThrow('got 1.2 after 0');
    expect(() =>
      step([
        [0, 1],
        [NaN, 2],
      ]),
    ).toThrow(RangeError);
    expect(() => step([[0, NaN]])).toThrow('from 0: expected a finite number, got NaN');
    expect(() => step([[0, 1]])(NaN)).toThrow('progress');
  });
});
