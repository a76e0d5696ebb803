import { expect, it } from 'vitest';
import type { StageOutputs } from './stage-outputs.js';
import { uncalibratedStages } from './uncalibrated-stages.js';

it('says what a stage adds, and what it costs alone: all of its own network until there', () => {
  const logits = { values: [1, 0, 0, 1], classes: 2 };
  const network = (exit: number[], head: number[]) =>
    ({
      exits: [{ logits, perImageMacs: exit }],
      ...{ logits, evaluation: { cost: { perImageMacs: head } } },
    }) as unknown as StageOutputs;
  const stages = uncalibratedStages([network([10, 12], [30, 31]), network([50, 50], [90, 95])]);
  expect(stages.map(({ cost }) => cost)).toEqual([
    [10, 12],
    [20, 19],
    [50, 50],
    [40, 45],
  ]);
  expect(stages.map(({ aloneCost }) => aloneCost)).toEqual([
    [10, 12],
    [30, 31],
    [50, 50],
    [90, 95],
  ]);
});
