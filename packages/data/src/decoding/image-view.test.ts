import { describe, expect, it } from 'vitest';
import { evaluationView } from './image-view.js';

describe('evaluationView', () => {
  it('resizes the shorter side and cuts out the middle', () => {
    // 256 · 500 / 375 = 341.3, rounded down; (341 − 224) / 2 = 58.5, whose half goes to the even 58
    expect(evaluationView()({ widthPx: 500, heightPx: 375 })).toEqual({
      box: { leftPx: 0, topPx: 0, widthPx: 500, heightPx: 375 },
      resized: { widthPx: 341, heightPx: 256 },
      window: { leftPx: 58, topPx: 16, widthPx: 224, heightPx: 224 },
      flipped: false,
      reducedDecoding: false,
    });
    // 8 · 31 / 10 = 24.8 → 24; (24 − 5) / 2 = 9.5 → 10, (8 − 5) / 2 = 1.5 → 2
    const upright = evaluationView({ shorterSidePx: 8, sizePx: 5 })({ widthPx: 10, heightPx: 31 });
    expect(upright.resized).toEqual({ widthPx: 8, heightPx: 24 });
    expect(upright.window).toEqual({ leftPx: 2, topPx: 10, widthPx: 5, heightPx: 5 });
  });

  it('rejects sizes that make no sense', () => {
    expect(() => evaluationView({ shorterSidePx: 0 })).toThrow(/shorterSidePx/);
    expect(() => evaluationView({ sizePx: 300 })).toThrow(/sizePx: expected an integer from 1 to/);
    expect(() => evaluationView({ sizePx: 2.5 })).toThrow(/sizePx/);
  });
});
