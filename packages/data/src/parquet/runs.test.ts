import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRuns } from './runs.js';

/** Packs numbers as one run of groups of eight, from the lowest bit on. */
function packed(values: readonly number[], bits: number): number[] {
  const groups = Math.ceil(values.length / 8);
  const bytes = new Array<number>(groups * bits).fill(0);
  for (const [i, value] of values.entries()) {
    for (let bit = 0; bit < bits; bit++) {
      const at = i * bits + bit;
      if (Math.floor(value / 2 ** bit) % 2 === 1)
        bytes[at >> 3] = (bytes[at >> 3] as number) | (1 << (at & 7));
    }
  }
  return [...varint(2 * groups + 1), ...bytes];
}

function repeated(value: number, count: number, bits: number): number[] {
  const bytes = Array.from({ length: Math.ceil(bits / 8) }, (_, i) => Math.floor(value / 256 ** i) % 256);
  return [...varint(2 * count), ...bytes];
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

describe('readRuns', () => {
  it('reads packed groups and runs, one after the other, of any width', () => {
    const input = fc.integer({ min: 1, max: 30 }).chain((bits) =>
      fc.record({
        bits: fc.constant(bits),
        values: fc.array(fc.integer({ min: 0, max: 2 ** bits - 1 }), { minLength: 8, maxLength: 40 }),
        value: fc.integer({ min: 0, max: 2 ** bits - 1 }),
        count: fc.integer({ min: 1, max: 300 }),
      }),
    );
    fc.assert(
      fc.property(input, ({ bits, values, value, count }) => {
        const whole = values.slice(0, values.length - (values.length % 8));
        const bytes = [...packed(whole, bits), ...repeated(value, count, bits), ...packed(values, bits)];
        const all = [...whole, ...new Array<number>(count).fill(value), ...values];
        expect([...readRuns(Uint8Array.from(bytes), bits, all.length, 2 ** bits - 1)]).toEqual(all);
      }),
    );
  });

  it('takes no memory and no time for a run that claims more than is asked for', () => {
    const run = Uint8Array.from([...varint(2 ** 32 - 2), 1]);
    expect([...readRuns(run, 1, 3, 1)]).toEqual([1, 1, 1]);
  });

  it('refuses what ends early, an empty run, a number that is too large, a group that is not whole', () => {
    const read =
      (...bytes: number[]) =>
      () =>
        readRuns(Uint8Array.from(bytes), 3, 4, 5);
    expect(read()).toThrow('4 levels or indices, got the end after 0');
    expect(read(2 * 3, 1)).toThrow('the end after 3');
    expect(read(0, 1)).toThrow('an empty one');
    expect(read(2 * 4, 6)).toThrow('up to 5, got 6');
    expect(read(3, 0, 0)).toThrow('the end after 0');
    expect(read(0xff, 0xff, 0xff, 0xff, 0xff, 1)).toThrow('longer');
  });
});
