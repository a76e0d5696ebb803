import { describe, expect, it } from 'vitest';
import { type ChannelRounding, scaledChannels } from './scaled-channels.js';

describe('scaledChannels', () => {
  it.each<[number, number, ChannelRounding, number]>([
    [64, 0.75, 'nearest', 48],
    [16, 0.35, 'nearest', 6], // 5.6
    [24, 1.4, 'floor', 33], // 33.6
    [160, 1.4, 'floor', 224], // 224 exactly, also in binary
    [24, 1.4, 'divisor-8', 32], // 33.6 → 32 ≥ 0.9 · 33.6 = 30.2
    [24, 0.75, 'divisor-8', 24], // 18 → 16 < 0.9 · 18 = 16.2 → 24
    [16, 1.4, 'divisor-8', 24], // 22.4 → 24
    [16, 0.1, 'divisor-8', 8], // at least 8
    [96, 1, 'divisor-8', 96],
  ])('makes %i × %d (%s) %i', (channels, width, rounding, expected) => {
    expect(scaledChannels(channels, width, rounding)).toBe(expected);
  });

  it.each([
    [0, 'nearest', /width: expected a factor > 0, got 0/],
    [-1, 'floor', /got -1/],
    [NaN, 'divisor-8', /got NaN/],
    [Infinity, 'nearest', /got Infinity/],
    [0.01, 'nearest', /scales 16 channels to an integer ≥ 1, got 0\.01, which gives 0/],
    [1e300, 'floor', /got 1e\+300/],
    [1, 'ceil', /rounding: expected 'nearest' or 'divisor-8' or 'floor', got 'ceil'/],
  ])('refuses width %d rounded %s', (width, rounding, message) => {
    expect(() => scaledChannels(16, width, rounding as ChannelRounding)).toThrow(RangeError);
    expect(() => scaledChannels(16, width, rounding as ChannelRounding)).toThrow(message);
  });
});
