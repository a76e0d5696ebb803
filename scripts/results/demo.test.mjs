import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { demoClaims, demoLogs, demoTable, withoutPaths } from './demo.mjs';

/**
 * A network of 10.00 % at 1000 MACs, others at half of them, whose errors are given.
 *
 * @param {number} seed @param {number} dynamic @param {number} narrowed @param {number} random
 */
const log = (seed, dynamic, narrowed, random, meanMacs = 500) => ({
  ...{ seed, seconds: 100 + seed },
  static: { top1ErrorPercent: 10, meanMacs: 1000, msPerImage: 0.1 },
  narrowed: { top1ErrorPercent: narrowed, meanMacs: 500, msPerImage: 0.09 },
  dynamic: {
    ...{ top1ErrorPercent: dynamic, meanMacs, msPerImage: 0.08 + 0.01 * seed },
    control: { top1ErrorPercent: random, meanMacs },
    small: { top1ErrorPercent: 11.5, meanMacs: 250 },
  },
});

it('counts the seeds in which every line holds, and those better than chance', () => {
  const logs = [
    log(1, 9, 9.5, 10),
    log(2, 10, 10.5, 11, 600), // as many errors as the full network, at just 60 %
    log(3, 9, 9, 10), // no better than the narrowed network
    log(4, 10.1, 11, 11), // worse than the full network
    log(5, 9, 10, 9, 601), // too expensive, no better than chance
  ];
  expect(demoClaims(logs)).toMatchObject([
    { id: 'demo-seeds', value: 2, interval: null, seeds: 5, unit: 'of 5 seeds', reach: '≥ 4', met: false },
    { id: 'demo-control', value: 4, seeds: 5, met: true },
  ]);
  const text = demoTable(logs);
  expect(text).toContain(
    "is at or below the full network's error in 4, costs at most 60 % of its MACs in 4, is below the narrowed network's error in 4, all three in 2; it is below a random choice of images in 4.",
  );
  expect(text).toContain(
    '| 4 | 10.00 % | 11.00 % | 11.50 % | 11.00 % | 10.10 % | 50.0 % | 50.0 % | 0.100 | 0.090 | 0.120 | no | 104 |',
  );
  expect(text).toContain("dynamic system takes 0.90 to 1.30 of the full network's time");
});

it('has means and intervals over seeds', () => {
  const text = demoTable([log(1, 9, 9.5, 10), log(2, 8, 9.5, 10)]);
  expect(text).toContain('| mean | 10.00 % | 9.50 % | 11.50 % | 10.00 % | 8.50 % |');
  // t of one degree of freedom, 12.706, times the deviation √½ over √2
  expect(text).toContain('−1.50 ± 6.35 to the full network, −1.00 ± 6.35 to the narrowed one');
});

it('leaves out what lies on the machine, and refuses other paths', () => {
  const kept = { ...log(1, 9, 9.5, 10), report: '/home/me/report.html', timedIn: { engine: 'onnx' } };
  const printed = { ...kept, static: { ...kept.static, folder: '/home/me/static' } };
  expect(withoutPaths(JSON.stringify(printed))).toEqual({
    ...log(1, 9, 9.5, 10),
    timedIn: { engine: 'onnx' },
  });
  expect(() => withoutPaths('{"seed":1,"out":"/home"}')).toThrow(
    'expected no paths except in folder, report',
  );
});

it('reads logs by their seeds, and one under a wrong name not at all', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dmnn-demo-'));
  try {
    for (const seed of [10, 2])
      writeFileSync(join(directory, `seed-${seed}.json`), JSON.stringify(log(seed, 9, 9.5, 10)));
    writeFileSync(join(directory, 'notes.json'), '{}');
    expect(demoLogs(directory).map(({ seed }) => seed)).toEqual([2, 10]);
    writeFileSync(join(directory, 'seed-3.json'), JSON.stringify(log(2, 9, 9.5, 10)));
    expect(() => demoLogs(directory)).toThrow(
      'seed-3.json: expected the log of this seed, got one of seed 2',
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
