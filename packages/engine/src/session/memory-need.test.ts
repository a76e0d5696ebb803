import { describe, expect, it } from 'vitest';
import type { EnginePlan } from '../plan/engine-plan.js';
import { assertMemory, memoryNeed } from './memory-need.js';

const plan: EnginePlan = {
  name: 'by hand',
  maps: [
    { channels: 3, sizePx: 10, slot: 0 },
    { channels: 5, sizePx: 10, slot: 1 },
    { channels: 7, sizePx: 5, slot: 0 },
  ],
  vectors: [50, 150],
  tensors: [new Float32Array(1000)],
  gateCounts: [],
  sites: [],
  steps: [],
  logits: 1,
};

describe('memoryNeed', () => {
  it('counts a slot by its largest map, and weights as they are and as they are laid out', () => {
    expect(memoryNeed(plan, 'f32')).toEqual({ sharedBytes: 8000, workerBytes: 800 * 4 + 200 * 4 });
    expect(memoryNeed(plan, 'bf16')).toEqual({ sharedBytes: 6000, workerBytes: 800 * 2 + 200 * 4 });
  });
});

describe('assertMemory', () => {
  it('takes as many workers as fit, and says how many those are', () => {
    assertMemory(plan, 'f32', 3, 20_000);
    expect(() => {
      assertMemory(plan, 'f32', 4, 20_000);
    }).toThrow(
      'workers: expected at most 3, each of which takes 0.00400 MB of the 0.0200 MB of memory for by hand, got 4. One',
    );
  });

  it('says what a network takes that does not fit at all', () => {
    expect(() => {
      assertMemory(plan, 'f32', 1, 11_999);
    }).toThrow(
      'by hand: expected a network and images that fit, got 0.0120 MB of the 0.0120 MB of memory. Take',
    );
    const huge = { ...plan, maps: [{ channels: 3, sizePx: 1e9, slot: 0 }] };
    expect(() => {
      assertMemory(huge, 'f32', 1);
    }).toThrow(/^by hand: expected .* got 1\.20 · 10\^13 MB of the /);
  });
});
