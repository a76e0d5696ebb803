import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mergeResults, newestResult, newestResults, publicFields, saveResults } from './results-file.mjs';

/**
 * @param {string} name @param {number} ours @param {number | null} [peer]
 * @returns {import('./results-file.mjs').Result}
 */
const result = (name, ours, peer = 1) => ({ name, ours, peer, ratio: peer && ours / peer, unit: 'ms/image' });

it('publicFields are the five that --json promises', () => {
  const measured = { ...result('a', 2), samples: {}, medians: {} };
  expect(publicFields([measured])).toEqual([{ name: 'a', ours: 2, peer: 1, ratio: 2, unit: 'ms/image' }]);
});

describe('mergeResults', () => {
  it('replaces by name, and keeps the order of the table', () => {
    const merged = mergeResults(
      [result('c', 1), result('a', 1)],
      [result('b', 2), result('a', 2)],
      ['a', 'b', 'c'],
    );
    expect(merged.map(({ name, ours }) => [name, ours])).toEqual([
      ['a', 2],
      ['b', 2],
      ['c', 1],
    ]);
  });

  it('keeps what is no longer measured, at the end', () => {
    expect(mergeResults([result('gone', 1)], [result('a', 1)], ['a']).map(({ name }) => name)).toEqual([
      'a',
      'gone',
    ]);
  });

  it('does not let a run without Python take a comparison away', () => {
    const alone = result('a', 3, null);
    expect(mergeResults([result('a', 1)], [alone], ['a'])).toEqual([result('a', 1)]);
    expect(mergeResults([], [alone], ['a'])).toEqual([alone]);
    expect(mergeResults([alone], [result('a', 1)], ['a'])).toEqual([result('a', 1)]);
  });
});

describe('files', () => {
  let directory;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'dmnn-results-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const machine = { cpu: 'AMD EPYC', flags: ['avx2'], cores: 2 };
  const save = (day, results) =>
    saveResults({
      directory: join(directory, 'results'),
      date: new Date(day),
      machine,
      results,
      order: ['a', 'b'],
    });

  it('of one day are merged', () => {
    const path = save('2026-01-31T10:00:00Z', [result('b', 1)]);
    expect(path).toBe(join(directory, 'results', '2026-01-31-amd-epyc-2-cores-avx2.json'));
    expect(save('2026-01-31T11:00:00Z', [result('a', 1)])).toBe(path);
    const content = JSON.parse(readFileSync(path, 'utf8'));
    expect(content).toEqual({ date: '2026-01-31', machine, results: [result('a', 1), result('b', 1)] });
  });

  it('of another day are not; of each name the newest line is found, with the days that are left', () => {
    save('2026-01-30T10:00:00Z', [result('b', 0)]);
    save('2026-01-31T10:00:00Z', [result('b', 1), result('a', 1)]);
    save('2026-02-01T10:00:00Z', [result('a', 2)]);
    writeFileSync(join(directory, 'results', 'notes.json'), '{}');
    expect(newestResults(join(directory, 'results'), ['a', 'b'])).toEqual([
      { date: '2026-01-31 and 2026-02-01', machine, results: [result('a', 2), result('b', 1)] },
    ]);
  });

  it('have the newest of a line, from an older file where the newer lacks it or its peer', () => {
    save('2026-01-31T10:00:00Z', [result('a', 1), result('b', 1)]);
    save('2026-02-01T10:00:00Z', [result('a', 2), result('b', 2, null)]);
    const newest = (/** @type {string} */ name) => newestResult(join(directory, 'results'), name);
    expect(newest('a')).toMatchObject({ date: '2026-02-01', result: { ours: 2 } });
    const file = '2026-01-31-amd-epyc-2-cores-avx2.json';
    expect(newest('b')).toEqual({ file, date: '2026-01-31', result: result('b', 1) });
    expect(newest('c')).toBeUndefined();
  });

  it('may be none', () => {
    expect(newestResults(join(directory, 'results'), [])).toEqual([]);
    expect(newestResult(join(directory, 'results'), 'a')).toBeUndefined();
  });
});
