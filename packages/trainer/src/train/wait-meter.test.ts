import { expect, it } from 'vitest';
import { WaitMeter } from './wait-meter.js';

it('gives the share of the time that was waited', () => {
  let now = 100;
  const meter = new WaitMeter(() => now);
  expect(meter.share).toBe(0);
  now = 110;
  meter.waited();
  now = 140;
  expect(meter.share).toBe(0.25); // 10 of 40, the work under way included
  meter.worked();
  now = 150;
  meter.waited();
  now = 180;
  meter.worked();
  expect(meter.share).toBe(0.25); // 20 of 80
});
