import { describe, expect, it } from 'vitest';
import { type Candidate, type Precision, assertPrecision, fastestPrecision } from './precision.js';

/** Chooses with a clock by which each precision takes these milliseconds; says what was opened. */
async function fastest(candidates: readonly Candidate[], ms: Readonly<Record<Precision, number>>) {
  let clock = 0;
  const opened: string[] = [];
  const found = await fastestPrecision(
    candidates,
    (precision) => {
      opened.push(precision);
      return {
        run: () => {
          clock += ms[precision];
          return Promise.resolve();
        },
      };
    },
    () => clock,
  );
  return { ...found, opened };
}

const kept = (sameClass: number) => ({ images: 200, agreement: { sameClass, sameGates: 0.9 } });

describe('fastestPrecision', () => {
  it('takes the faster one, and says by how much', async () => {
    expect(await fastest([{ precision: 'bf16' }], { f32: 60, bf16: 12, int8: 0 })).toEqual({
      precision: 'bf16',
      reason: 'bfloat16 takes 0.20 of the time of float32 on this machine',
      opened: ['f32', 'bf16'],
    });
    expect(await fastest([{ precision: 'bf16' }], { f32: 60, bf16: 90, int8: 0 })).toMatchObject({
      precision: 'f32',
      reason: 'bfloat16 takes 1.50 of the time of float32 on this machine',
    });
  });

  it('takes the fastest of those that keep 99.5 % of the likeliest classes', async () => {
    const ms = { f32: 60, bf16: 12, int8: 6 };
    const found = await fastest(
      [
        { precision: 'bf16', kept: kept(1) },
        { precision: 'int8', kept: kept(0.995) },
      ],
      ms,
    );
    expect(found.precision).toBe('int8');
    expect(found.reason).toBe(
      'bfloat16 takes 0.20 of the time of float32 on this machine and keeps the likeliest class of 100.0 % of 200 held-out images; int8 takes 0.10 of the time of float32 on this machine and keeps the likeliest class of 99.5 % of 200 held-out images',
    );
  });

  it('leaves out what keeps fewer, however fast', async () => {
    const ms = { f32: 60, bf16: 12, int8: 6 };
    const candidates = [
      { precision: 'bf16', kept: kept(0.996) },
      { precision: 'int8', kept: kept(0.99) },
    ] as const;
    expect(await fastest(candidates, ms)).toMatchObject({
      precision: 'bf16',
      reason: expect.stringMatching(/of 99\.0 % of 200 held-out images, fewer than 99\.5 %$/) as string,
    });
    expect(await fastest([{ precision: 'int8', kept: kept(0) }], ms)).toMatchObject({ precision: 'f32' });
  });
});

it.each(['int4', 'F32', '', undefined, 16])('there is no precision %s', (value) => {
  expect(() => {
    assertPrecision(value);
  }).toThrow(/^precision: expected f32, bf16, int8, auto, got /);
});
