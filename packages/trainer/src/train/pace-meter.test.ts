import { expect, it } from 'vitest';
import { PaceMeter } from './pace-meter.js';

it('estimates from its measurements', () => {
  const meter = new PaceMeter();
  meter.step(2);
  meter.evaluation(30);
  // 2 s a step: 4 images a second; 5 steps and 2 evaluations are left
  expect(meter.pace(8, { steps: 5, evaluations: 2 })).toEqual({ imagesPerSecond: 4, etaSeconds: 70 });
  for (let i = 0; i < 200; i++) meter.step(1);
  expect(meter.pace(8, { steps: 0, evaluations: 0 }).imagesPerSecond).toBeCloseTo(8, 2);
});
