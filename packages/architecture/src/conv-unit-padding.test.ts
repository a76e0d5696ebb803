import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryWindow } from './fixtures/arbitrary-window.js';
import {
  convUnit,
  isSamePadding,
  paddingSides,
  paddingText,
  plainPadding,
  windowOutSizePx,
} from './conv-unit.js';

describe("paddingSides of 'same'", () => {
  // worked out from TensorFlow's notes on padding: out = ⌈size / stride⌉, total = max((out − 1) · stride + k − size, 0)
  it.each([
    [3, 2, 224, 0, 1], // out 112: 222 + 3 − 224
    [3, 2, 225, 1, 1], // out 113: 224 + 3 − 225
    [5, 2, 112, 1, 2], // out 56: 110 + 5 − 112
    [5, 2, 15, 2, 2], // out 8: 14 + 5 − 15
    [7, 2, 224, 2, 3], // out 112: 222 + 7 − 224
    [3, 1, 10, 1, 1],
    [2, 1, 10, 0, 1], // out 10: 9 + 2 − 10
    [1, 2, 8, 0, 0], // out 4: 6 + 1 − 8 < 0
    [3, 3, 7, 1, 1], // out 3: 6 + 3 − 7
    [5, 4, 2, 1, 2], // out 1: 0 + 5 − 2
  ])('window %i, stride %i, %i px: %i before, %i after', (kernelSize, stride, sizePx, before, after) => {
    const window = { kernelSize, stride, padding: 'same' } as const;
    expect(paddingSides(window, sizePx)).toEqual({ top: before, bottom: after, left: before, right: after });
    expect(windowOutSizePx(sizePx, window)).toBe(Math.ceil(sizePx / stride));
  });

  it('counts height and width apart', () => {
    const window = { kernelSize: 3, stride: 2, padding: 'same' } as const;
    expect(paddingSides(window, 8, 9)).toEqual({ top: 0, bottom: 1, left: 1, right: 1 });
  });
});

describe('windowOutSizePx', () => {
  it('is the number of windows that fit, wherever padding lies', () => {
    fc.assert(
      fc.property(arbitraryWindow(), fc.integer({ min: 1, max: 30 }), (window, sizePx) => {
        const { top, bottom } = paddingSides(window, sizePx);
        let windows = 0;
        for (let start = -top; start + window.kernelSize <= sizePx + bottom; start += window.stride)
          windows++;
        expect(Math.max(windowOutSizePx(sizePx, window), 0)).toBe(windows);
      }),
    );
  });
});

describe('plainPadding', () => {
  it('pads every map as the padding does', () => {
    fc.assert(
      fc.property(arbitraryWindow(), fc.integer({ min: 1, max: 30 }), (window, sizePx) => {
        const plain = { ...window, padding: plainPadding(window) };
        expect(paddingSides(plain, sizePx)).toEqual(paddingSides(window, sizePx));
        expect(isSamePadding(window, plain)).toBe(true);
      }),
    );
  });

  it('is a number for equal sides, and for same where it never differs from one', () => {
    const equal = { top: 2, bottom: 2, left: 2, right: 2 };
    expect(plainPadding({ kernelSize: 5, stride: 2, padding: equal })).toBe(2);
    expect(plainPadding({ kernelSize: 5, stride: 1, padding: 'same' })).toBe(2);
    expect(plainPadding({ kernelSize: 4, stride: 1, padding: 'same' })).toBe('same');
    expect(plainPadding({ kernelSize: 5, stride: 2, padding: 'same' })).toBe('same');
  });

  it('makes units that say the same equal', () => {
    const sides = { top: 1, bottom: 1, left: 1, right: 1 };
    expect(convUnit(3, 4, 4, { padding: sides, epsilon: 1e-5 })).toEqual(convUnit(3, 4, 4));
    expect(convUnit(3, 4, 4, { padding: 'same' })).toEqual(convUnit(3, 4, 4));
  });
});

describe('isSamePadding', () => {
  const at = (padding: Parameters<typeof plainPadding>[0]['padding']) => ({
    kernelSize: 3,
    stride: 2,
    padding,
  });
  it('does not take sides of the same sum for each other', () => {
    const below = { top: 0, bottom: 1, left: 0, right: 1 };
    expect(isSamePadding(at(below), at({ ...below }))).toBe(true);
    expect(isSamePadding(at(below), at({ top: 1, bottom: 0, left: 0, right: 1 }))).toBe(false);
    expect(isSamePadding(at(below), at('same'))).toBe(false); // only on even maps
    expect(isSamePadding(at(1), at({ top: 1, bottom: 1, left: 1, right: 1 }))).toBe(true);
  });
});

it('paddingText names sides in order', () => {
  expect(
    [1, 'same', { top: 0, bottom: 1, left: 2, right: 3 } as const].map((each) => paddingText(each as 'same')),
  ).toEqual(['1', 'same', '0/1/2/3']);
});
