import { expect, it } from 'vitest';
import { soakSteps } from './measure.mjs';

it('a soak is looked at first at its base, last at its end', () => {
  expect(soakSteps(500, 5000)).toEqual([500, 950, 1400, 1850, 2300, 2750, 3200, 3650, 4100, 4550, 5000]);
});

it('a short one is not looked at twice', () => {
  expect(soakSteps(1, 2)).toEqual([1, 2]);
});
