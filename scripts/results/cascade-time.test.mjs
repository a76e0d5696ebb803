import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { timeClaims, timesText } from './cascade-time.mjs';

/** @type {string} */
let directory;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dmnn-times-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Six rounds of two, against 1 and 2 ms: their ratios are 0.50, 0.52, … 0.60. */
const row = (name = 'cascade-cifar-resnet20-56-engine') => ({
  ...{ name, ours: 0.5, peer: 1, ratio: 0.5, ratioOfMedians: 0.72, unit: 'ms/image' },
  samples: {
    ours: [0.5, 0.6, 0.52, 0.58, 0.54, 0.56].map((ms) => [2 * ms, ms]),
    peer: Array.from({ length: 6 }, () => [1, 2]),
  },
});

/** @param {string} day @param {readonly object[]} results */
const save = (day, results) =>
  writeFileSync(join(directory, `${day}-a-machine.json`), JSON.stringify({ date: day, results }));

it('takes the ratio of the minima from the newest file, and the interval from the rounds', () => {
  save('2026-01-30', [{ ...row(), ratio: 0.9 }]);
  save('2026-01-31', [row()]);
  save('2026-02-01', []); // measured others
  const [found, ...others] = timeClaims(directory);
  expect(others).toEqual([]);
  expect(found?.claim).toMatchObject({
    ...{ id: 'cascade-cifar10-time', value: 0.5, reach: '≤ 0.55', met: true, unit: '1' },
    interval: 0.05, // of six, the least and the largest are the interval of the median
    log: '../../benchmarks/results/2026-01-31-a-machine.json',
  });
  expect(timesText(timeClaims(directory))).toBe(
    "- `cascade-cifar-resnet20-56-engine`, 2026-01-31, 6 rounds: 0.500 over 1.000 ms/image; median of the rounds' ratios 0.550, ratio of the medians 0.720.",
  );
});

it('says what a time does not reach, in how few rounds, and what disturbed it', () => {
  const few = { ours: [[0.61]], peer: [[1]] };
  save('2026-01-31', [
    {
      ...row('cascade-cifar-resnet20-56-onnx'),
      ratio: 0.61,
      samples: few,
      note: 'others kept 0.20 cores busy',
    },
  ]);
  const claims = timeClaims(directory);
  expect(claims.map(({ claim }) => claim)).toMatchObject([
    { id: 'cascade-cifar10-time-onnx', value: 0.61, interval: null, reach: '≤ 0.6', met: false },
  ]);
  expect(timesText(claims)).toMatch(/1 rounds: .* Disturbed: others kept 0.20 cores busy\.$/);
});

it('has no claim of what was not measured, or without its peer', () => {
  expect(timeClaims(join(directory, 'none'))).toEqual([]);
  save('2026-01-31', [{ ...row(), peer: null, ratio: null }]);
  expect(timeClaims(directory)).toEqual([]);
  expect(timesText([])).toContain('No time of a cascade');
});

it('refuses samples whose rounds have no other side', () => {
  save('2026-01-31', [{ ...row(), samples: { ...row().samples, peer: [[1]] } }]);
  expect(() => timeClaims(directory)).toThrow('as many rounds of both sides, got 6 and 1');
});
