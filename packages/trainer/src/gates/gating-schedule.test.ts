import { createArchitecture } from '@dmnn/backbones';
import { expect, it } from 'vitest';
import { tinyRecipe } from '../fixtures/tiny-recipe.js';
import { gatingSchedule } from './gating-schedule.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
const at = (gating: Record<string, unknown>, progress: number) =>
  gatingSchedule(tinyRecipe({ gating: { targetRate: 0.6, ...gating } }).gating!, architecture).at(progress);
const joint = (t: unknown) => ({ target: { kind: 'joint', t } });
const targetAt = (gating: Record<string, unknown>, progress: number): unknown =>
  (at(gating, progress).target as { t: number }).t;

it('is the paper’s unless set otherwise: constant from the first step to the last', () => {
  for (const progress of [0, 0.5, 1]) {
    expect(at({}, progress)).toEqual({
      ...joint(0.6),
      resourceWeight: 2,
      bounds: null,
      temperature: 1,
      noiseScale: 1,
      gates: 'learning',
    });
  }
});

it('lets the target fall from 1', () => {
  const target = (progress: number): unknown => targetAt({ targetFallUntil: 0.5 }, progress);
  expect([0, 0.25, 0.5, 1].map(target)).toEqual([1, 0.8, 0.6, 0.6]);
});

it('lets the weight of the resource loss rise from 0', () => {
  const weight = (progress: number): number =>
    at({ resourceRiseUntil: 0.4, resourceWeight: 3 }, progress).resourceWeight;
  expect([0, 0.2, 0.4, 1].map(weight)).toEqual([0, 1.5, 3, 3]);
});

it('changes the temperature', () => {
  const temperature = (kind: string, progress: number): number =>
    at({ temperature: { kind, from: 4, to: 1 } }, progress).temperature;
  expect([0, 0.5, 1].map((progress) => temperature('linear', progress))).toEqual([4, 2.5, 1]);
  expect([0, 0.5, 1].map((progress) => temperature('exponential', progress))).toEqual([4, 2, 1]);
  expect([0, 0.5, 1].map((progress) => temperature('constant', progress))).toEqual([4, 4, 4]);
});

it('turns the noise off', () => {
  expect([0, 0.79, 0.8, 0.99].map((progress) => at({ noiseOffAfter: 0.8 }, progress).noiseScale)).toEqual([
    1, 1, 0, 0,
  ]);
});

it('stops the learning of gates', () => {
  const gates = (until: number | undefined): string[] =>
    [0, 0.59, 0.6, 1].map((progress) => at({ gatesLearnUntil: until }, progress).gates);
  expect(gates(0.6)).toEqual(['learning', 'learning', 'fixed', 'fixed']);
  expect(new Set(gates(0))).toEqual(new Set(['fixed']));
  expect(new Set([...gates(undefined), ...gates(1)])).toEqual(new Set(['learning']));
});

it('holds gates open and asks nothing of them until they decide, and lets target and weight go from then', () => {
  const held = { gatesOpenUntil: 0.5 };
  const open = { gates: 'open', ...joint(1), resourceWeight: 0 };
  expect(at(held, 0)).toMatchObject(open);
  expect(at(held, 0.499)).toMatchObject(open);
  expect(at(held, 0.5)).toMatchObject({ gates: 'learning', ...joint(0.6), resourceWeight: 2 });
  const slow = { ...held, targetFallUntil: 0.9, resourceRiseUntil: 0.9 };
  expect(at(slow, 0.4)).toMatchObject(open);
  expect(at(slow, 0.7)).toMatchObject({ gates: 'learning', ...joint(expect.closeTo(0.8, 12)) });
  expect(at(slow, 0.7).resourceWeight).toBeCloseTo(1, 12);
  expect(targetAt({ ...held, targetFallUntil: 0.3 }, 0.5)).toBe(0.6); // it has fallen before they decide
});
