import { describe, expect, it } from 'vitest';
import { assertPrecision, chosenPrecision } from './precision.js';

/** Chooses with a clock by which each precision takes these milliseconds; counts what is opened. */
async function chosen(choice: 'auto' | 'bf16' | 'f32', ms: { f32: number; bf16: number }, has = true) {
  let clock = 0;
  const opened: string[] = [];
  const found = await chosenPrecision(
    choice,
    has,
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

describe('chosenPrecision', () => {
  it('takes the faster one by default, and says by how much', async () => {
    expect(await chosen('auto', { f32: 60, bf16: 12 })).toEqual({
      precision: 'bf16',
      reason: 'bfloat16 takes 0.20 of the time of float32 on this machine',
      opened: ['f32', 'bf16'],
    });
    expect(await chosen('auto', { f32: 60, bf16: 90 })).toMatchObject({
      precision: 'f32',
      reason: 'bfloat16 takes 1.50 of the time of float32 on this machine',
    });
  });

  it('takes what is asked for, without timing', async () => {
    expect(await chosen('bf16', { f32: 1, bf16: 9 })).toEqual({ precision: 'bf16', reason: 'as asked', opened: [] }); // prettier-ignore
    expect(await chosen('f32', { f32: 9, bf16: 1 })).toEqual({ precision: 'f32', reason: 'as asked', opened: [] }); // prettier-ignore
  });

  it.each(['auto', 'bf16'] as const)(
    'falls back to float32 where there is no bfloat16: %s',
    async (choice) => {
      expect(await chosen(choice, { f32: 9, bf16: 1 }, false)).toEqual({
        precision: 'f32',
        reason: 'this processor has no instructions for bfloat16',
        opened: [],
      });
    },
  );
});

it.each(['int8', 'F32', '', undefined, 16])('there is no precision %s', (value) => {
  expect(() => {
    assertPrecision(value);
  }).toThrow(/^precision: expected f32, bf16, auto, got /);
});
