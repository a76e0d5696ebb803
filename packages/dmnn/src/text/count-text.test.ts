import { describe, expect, it } from 'vitest';
import { countText, durationText, millisecondsText, percentText } from './count-text.js';

describe('countText', () => {
  it.each([
    [2.5e16, '25.000 P'],
    [30_577_000_000_000, '30.577 T'],
    [4_089_184_256, '4.089 G'],
    [300_774_272, '300.8 M'],
    [25_557_032, '25.557 M'],
    [24_690, '24.690 k'],
    [4_480, '4.480 k'],
    [512, '512'],
    [0, '0'],
  ])('prints %d as %s', (count, text) => {
    expect(countText(count)).toBe(text);
  });
});

describe('durationText', () => {
  it.each([
    [8_400, '8 s'],
    [200_000, '3 min 20 s'],
    [7_530_000, '2 h 5 min'],
    [172_740_000, '47 h 59 min'],
    [274_000_000, '3 d 4 h'],
  ])('prints %d ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});

it('prints shares in percent and times with the digits they carry', () => {
  expect(percentText(0.5757)).toBe('57.6 %');
  expect([0.4187, 13.12, 250.4].map(millisecondsText)).toEqual(['0.42 ms', '13.1 ms', '250 ms']);
});
