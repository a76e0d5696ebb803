import { describe, expect, it } from 'vitest';
import { windowOutSizePx } from './window-size.js';

describe('windowOutSizePx', () => {
  it.each([
    // PyTorch 2, torch.nn.Conv2d(1, 1, k, s, p)(torch.zeros(1, 1, size, size)).shape[-1]
    [224, 7, 2, 3, 112],
    [112, 3, 2, 1, 56],
    [7, 3, 2, 1, 4],
    [6, 3, 2, 1, 3],
    [7, 1, 2, 0, 4],
    [5, 5, 1, 0, 1],
    [9, 2, 4, 0, 2],
  ])('%i px, window %i, stride %i, padding %i: %i px', (sizePx, kernelSize, stride, padding, expected) => {
    expect(windowOutSizePx(sizePx, { kernelSize, stride, padding })).toBe(expected);
  });

  it('is 0 where the window does not fit once', () => {
    // (3 + 0 − 4) / 1 + 1 = 0
    expect(windowOutSizePx(3, { kernelSize: 4, stride: 1, padding: 0 })).toBe(0);
  });
});
