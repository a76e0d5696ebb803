import { describe, expect, it } from 'vitest';
import plans from '../plans.mjs';
import { Random } from '../frame/random.mjs';
import { bytesOf, caseOf } from './plan-case.mjs';
import { changes, repaired } from './plan-changes.mjs';
import { fieldsOf, stepsOf, workOf } from './plan-fields.mjs';

const bases = await plans.bases();

describe('plan-fields', () => {
  it('follows every kind of step that plans have', () => {
    const kinds = bases.flatMap(({ bytes }) => {
      const plan = caseOf(bytes)?.plan ?? new Int32Array();
      const fields = fieldsOf(plan);
      expect(fields?.fields.map(({ at }) => at)).toEqual([...plan.keys()]);
      return fields ? stepsOf(fields.steps).map(({ kind }) => kind) : [];
    });
    const all = [
      'activate',
      'add',
      'branch',
      'cell',
      'convolution',
      'copy',
      'decide',
      'exit',
      'linear',
      'max-pool',
      'mean',
      'observe',
      'widen',
    ];
    expect([...new Set(kinds)].sort()).toEqual(all);
  });

  it('ends where a plan does not go on', () => {
    const plan = caseOf(bases[0]?.bytes ?? new Uint8Array())?.plan ?? new Int32Array();
    for (const length of [0, 1, 5, plan.length - 1]) expect(fieldsOf(plan.slice(0, length))).toBeUndefined();
    expect(fieldsOf(Int32Array.from([...plan, 0]))).toBeUndefined();
  });

  it('counts memory by slots, and work by the most expensive pattern', () => {
    const step = [4, 1, 4, 4, 0, 2 /* branch of two gates, its first */, 5, 0, 0, 1];
    expect(step).toHaveLength(10);
    const maps = [3, ...[2, 4, 0, 0, 0], ...[2, 4, 0, 0, 0], ...[8, 1, 1, 0, 0]];
    const plan = Int32Array.from([0, 1, ...maps, 1, 8, 0, 1, 1, 0, 0, 1, 5, 0, 0, 1, 0, 1, 7, 0, 1]);
    const fields = fieldsOf(plan);
    // slots of 32 and 8 numbers, a vector of 8; the open gate copies a map of 32 to one
    expect(fields && workOf(fields)).toEqual({ numbers: 48, macs: 32 });
  });
});

describe('plan-changes', () => {
  it('repairs nothing in a plan that is right, and makes a larger image fit', () => {
    for (const { bytes } of bases) expect(Buffer.from(repaired(bytes)).equals(Buffer.from(bytes))).toBe(true);
    const given = caseOf(bases.at(-1)?.bytes ?? new Uint8Array());
    const plan = given?.plan.slice() ?? new Int32Array();
    const maps = (/** @type {Int32Array} */ words) => fieldsOf(words)?.maps.map(({ size }) => size);
    expect(maps(plan)).toEqual([5, 5, 3, 2, 5, 5]);
    plan[fieldsOf(plan)?.fields.find(({ role }) => role === 'size')?.at ?? 0] = 8;
    const fitted = given && caseOf(repaired(bytesOf({ ...given, plan })));
    expect([maps(fitted?.plan ?? plan), fitted?.image]).toEqual([[8, 8, 4, 3, 8, 8], 192]);
  });

  it('writes cases that are read again, whatever is changed', () => {
    let changed = 0;
    for (let index = 0; index < 300; index++) {
      const random = new Random(1, index);
      const { bytes } = random.pick(bases);
      const result = random.pick(changes)(bytes, random, () => 0, bytes);
      if (!Buffer.from(result).equals(Buffer.from(bytes))) changed++;
      const given = caseOf(result);
      if (given) expect(Buffer.from(bytesOf(given)).equals(Buffer.from(result))).toBe(true);
    }
    expect(changed).toBeGreaterThan(200);
  });
});
