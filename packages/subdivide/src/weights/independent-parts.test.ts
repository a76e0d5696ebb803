import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basic, bottleneck, invertedResidual } from '@dmnn/test-networks';
import { hiddenChannels } from '../hidden-channels.js';
import { independentParts } from './independent-parts.js';

const even = (channels: number) => Array.from({ length: channels }, () => 1);

describe('independentParts', () => {
  it('gives runs of channels, the larger parts first', () => {
    const { parts, lostShare } = independentParts(hiddenChannels(basic(3, 5, 3)), [3, 2], even(5));
    expect(parts).toEqual([
      { between: [[0, 1, 2]], shares: [1, 1, 1] },
      { between: [[3, 4]], shares: [1, 1] },
    ]);
    expect(lostShare).toBe(0);
    const mobile = independentParts(hiddenChannels(invertedResidual(2, 2, 3)), [2, 2], even(4));
    expect(mobile.parts[1]?.between).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  it('fills room that is left with copies, each with half of the contribution', () => {
    const { parts, lostShare } = independentParts(hiddenChannels(basic(3, 4, 3)), [3, 3], even(4));
    expect(parts).toEqual([
      { between: [[0, 1, 2]], shares: [0.5, 1, 0.5] },
      { between: [[0, 2, 3]], shares: [0.5, 0.5, 1] },
    ]);
    expect(lostShare).toBe(0);
  });

  it('leaves out what matters least where room is short', () => {
    const plan = independentParts(hiddenChannels(basic(3, 5, 3)), [2, 2], [4, 1, 2, 2, 1]);
    expect(plan.parts.map(({ between }) => between)).toEqual([[[0, 1]], [[2, 3]]]);
    expect(plan.lostShare).toBeCloseTo(0.1, 12); // 1 of 10
  });

  it('counts every channel once, whatever the widths, as long as there is room', () => {
    const widths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), widths, (channels, rooms) => {
        fc.pre(channels >= rooms.length && rooms.every((room) => room <= channels));
        fc.pre(rooms.reduce((sum, room) => sum + room, 0) >= channels);
        const { parts, lostShare } = independentParts(
          hiddenChannels(basic(3, channels, 3)),
          rooms,
          even(channels),
        );
        const sums = even(channels).map(() => 0);
        for (const { between, shares } of parts)
          between[0]?.forEach((channel, i) => (sums[channel] = (sums[channel] ?? 0) + (shares[i] as number)));
        for (const sum of sums) expect(sum).toBeCloseTo(1, 12);
        expect(parts.map(({ shares }) => shares.length)).toEqual(rooms);
        expect(lostShare).toBe(0);
      }),
    );
  });

  it('keeps groups whole', () => {
    const hidden = hiddenChannels(bottleneck(4, 8, 4, { groups: 4 }));
    expect(independentParts(hidden, [4, 4], even(8)).parts[1]?.between[0]).toEqual([4, 5, 6, 7]);
    expect(() => independentParts(hidden, [5, 3], even(8))).toThrow(
      expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }),
    );
    expect(() => independentParts(hidden, [5, 3], even(8))).toThrow(
      /whole groups of 2 channels, 8 together, got 5, 3/,
    );
  });
});
