import { DmnnError } from '@dmnn/foundation';
import { expect, it } from 'vitest';
import { paperRow } from './paper-row.js';
import { paperRows } from './paper-rows.js';

it('has the rows of the four tables, numbered in order', () => {
  const counts = [1, 2, 3, 4].map((table) => paperRows().filter(({ paper }) => paper.table === table));
  expect(counts.map((rows) => rows.length)).toEqual([22, 11, 4, 5]);
  for (const rows of counts)
    expect(rows.map(({ paper }) => paper.row)).toEqual(rows.map((_, index) => index + 1));
});

it('has ratios that follow from the printed GFLOPs', () => {
  // within what rounding both to their printed digits allows; two rows divide by another number than their table does
  const odd = ['table1/04-taylor-pruned-resnet50'];
  for (const { id, paper } of paperRows()) {
    if (paper.gflops === null || paper.ratioPercent === null || odd.includes(id)) continue;
    const backbone =
      { 1: paper.row < 15 ? 3.96 : 7.67, 2: paper.row < 7 ? 0.3 : 0.57, 3: 0.33 }[paper.table] ?? NaN;
    expect(Math.abs((100 * paper.gflops) / backbone - paper.ratioPercent), id).toBeLessThan(0.06);
  }
});

it('finds a row by its id and names those near a wrong one', () => {
  expect(paperRow('table1/10-dmnn50-n2-t0.5').paper.ratioPercent).toBe(57.6);
  try {
    paperRow('table1/10-dmnn50-n2-t0.6');
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(DmnnError);
    expect(((error as DmnnError).details['suggestions'] as string[])[0]).toBe('table1/10-dmnn50-n2-t0.5');
    expect((error as DmnnError).code).toBe('DMNN_UNKNOWN_ROW');
  }
});
