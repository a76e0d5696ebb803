import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closestParts, lostEnergyShare } from './closest-parts.js';

/** Energies drawn from [0, 1)², so that some connections matter far more than others. */
const energies = (channels: number) =>
  fc
    .array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: channels ** 2,
      maxLength: channels ** 2,
    })
    .map((list) => Float64Array.from(list, (value) => value ** 2));

describe('closestParts', () => {
  it('finds groups that do not mix, whatever the order of the channels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 2, max: 6 }),
        fc.nat(99),
        (n, size, salt) => {
          const channels = n * size;
          const groupOf = (channel: number, factor: number) => (channel * factor + salt) % n;
          const odd = n === 3 ? 5 : 3; // no divisor of n: every group has `size` channels
          const energy = Float64Array.from({ length: channels ** 2 }, (_, i) =>
            groupOf(Math.floor(i / channels), 1) === groupOf(i % channels, odd) ? 1 + (i % 7) / 7 : 0,
          );
          const widths = Array.from({ length: n }, () => size);
          const { parts, lostShare } = closestParts(energy, channels, widths);
          expect(lostShare).toBe(0);
          for (const { between } of parts)
            expect(new Set(between[1]?.map((b) => groupOf(b, odd))).size).toBe(1);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('fills every part, counts every output once, and never loses more than runs of channels', () => {
    const cases = fc
      .record({
        channels: fc.integer({ min: 4, max: 12 }),
        count: fc.integer({ min: 1, max: 4 }),
        more: fc.nat(4),
      })
      .chain((one) => fc.record({ one: fc.constant(one), energy: energies(one.channels) }));
    fc.assert(
      fc.property(cases, ({ one: { channels, count, more }, energy }) => {
        const width = Math.min(channels, Math.ceil(channels / count) + more);
        const widths = Array.from({ length: count }, () => width);
        const { parts, lostShare } = closestParts(energy, channels, widths);
        const sums = Array.from({ length: channels }, () => 0);
        for (const { between, shares } of parts) {
          const [inputs = [], outputs = []] = between;
          expect([inputs.length, outputs.length, shares.length]).toEqual([width, width, width]);
          expect(inputs).toEqual([...new Set(inputs)].sort((a, b) => a - b));
          outputs.forEach((b, i) => (sums[b] = (sums[b] as number) + (shares[i] as number)));
        }
        for (const sum of sums) expect(sum).toBeCloseTo(1, 12);
        const runs = widths.map((_, n) => {
          const run = Array.from(
            { length: width },
            (_unused, i) => (n * Math.ceil(channels / count) + i) % channels,
          );
          const owns = (i: number) =>
            i < Math.min(Math.ceil(channels / count), channels - n * Math.ceil(channels / count));
          return { between: [run, run], shares: run.map((_unused, i) => (owns(i) ? 1 : 0)) };
        });
        expect(lostShare).toBeLessThanOrEqual(lostEnergyShare(energy, channels, runs) + 1e-12);
      }),
    );
  });

  it('loses nothing where every part has room for all', () => {
    const { parts, lostShare } = closestParts(new Float64Array(9).fill(1), 3, [3, 3]);
    expect(lostShare).toBe(0);
    expect(parts.map(({ shares }) => shares)).toEqual([
      [0.5, 0.5, 0.5],
      [0.5, 0.5, 0.5],
    ]);
  });

  it('uses room for outputs to average what two parts miss differently', () => {
    // both inputs matter alike to both outputs; a part sees one input and both outputs: each misses half, together a quarter each
    const energy = new Float64Array(4).fill(1);
    const both = { between: [[0], [0, 1]], shares: [0.5, 0.5] };
    const other = { between: [[1], [0, 1]], shares: [0.5, 0.5] };
    expect(lostEnergyShare(energy, 2, [both, other])).toBe(0.25);
    expect(lostEnergyShare(energy, 2, [{ between: [[0], [0, 1]], shares: [1, 1] }])).toBe(0.5);
  });
});
