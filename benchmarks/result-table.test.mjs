import { describe, expect, it } from 'vitest';
import { markdownTable, numberText, textTable } from './result-table.mjs';

const benchmarks = [{ name: 'train', goal: '≤ 1.15', peerIs: 'PyTorch' }];
const results = [
  { name: 'train', ours: 215.4, peer: 200, ratio: 1.077, ratioOfMedians: 1.1, unit: 'ms/image' },
  {
    name: 'alone',
    ours: 0.01234,
    peer: null,
    ratio: null,
    ratioOfMedians: null,
    unit: 'GB',
    note: 'by itself',
  },
];

describe('numberText', () => {
  it.each([
    [215.4, '215'],
    [21.54, '21.5'],
    [2.154, '2.15'],
    [0.01234, '0.0123'],
    [-1.5, '-1.50'],
    [0, '0'],
    [null, '–'],
  ])('%s → %s', (value, text) => {
    expect(numberText(value)).toBe(text);
  });
});

it('textTable lines its columns up, numbers to the right, and ends with notes', () => {
  expect(textTable(results, benchmarks).split('\n')).toEqual([
    'name     ours  peer  unit      ratio  of medians  goal    peer is',
    '─────  ──────  ────  ────────  ─────  ──────────  ──────  ───────',
    'train     215   200  ms/image   1.08        1.10  ≤ 1.15  PyTorch',
    'alone  0.0123     –  GB            –           –',
    'alone: by itself.',
  ]);
});

it('markdownTable is one that a formatter leaves alone', () => {
  expect(markdownTable(results, benchmarks).split('\n')).toEqual([
    '| name  |   ours | peer | unit     | ratio | of medians | goal   | peer is |',
    '| ----- | -----: | ---: | -------- | ----: | ---------: | ------ | ------- |',
    '| train |    215 |  200 | ms/image |  1.08 |       1.10 | ≤ 1.15 | PyTorch |',
    '| alone | 0.0123 |    – | GB       |     – |          – |        |         |',
  ]);
});
