import { epochLine } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { compareTables } from '../tables/compare-tables.js';
import { laptopRecipe } from './laptop-recipe.js';
import { measuredRow } from './measured-row.js';
import { rowRecipe } from '../rows/row-recipe.js';

/** The log of a run that ended with these counts. */
const ended = (epochs: number, meanMacs: number) => [
  epochLine({ epoch: epochs - 1, evaluation: { topOneErrorPercent: 50, meanMacs, macsRatio: 1 } }),
];

describe('measuredRow', () => {
  it('divides by what the row divides by, as the tables do', () => {
    for (const rowId of [
      'table1/01-resnet50-stride1x1',
      'table1/05-resnext50-2x40d',
      'table1/18-resnext101-2x40d',
    ]) {
      const { ours } = compareTables({ table: 1 }).find(({ id }) => id === rowId)!;
      const measured = measuredRow(rowId, rowRecipe(rowId), ended(120, ours.macs!));
      expect(100 * measured!.macsRatio).toBeCloseTo(ours.ratioPercent!, 6);
    }
    expect(
      measuredRow('table1/03-resnet50', rowRecipe('table1/03-resnet50'), ended(120, 4e9))?.macsRatio,
    ).toBe(1);
  });

  it('divides by the small network of that in small', () => {
    const rowId = 'table1/05-resnext50-2x40d';
    const { macsRatio } = measuredRow(rowId, laptopRecipe(rowId), ended(10, 47_500_000))!;
    // cifar-resnet20 by hand: stem 442,368; 18 convolutions 40,108,032; two shortcuts 262,144; classes 6,400
    expect(macsRatio).toBeCloseTo(47_500_000 / 40_818_944, 9);
  });

  it('keeps to the network’s own where another was trained', () => {
    const rowId = 'table1/05-resnext50-2x40d';
    const recipe = {
      ...laptopRecipe(rowId),
      model: { ...laptopRecipe(rowId).model, name: 'cifar-resnext29-2x40d' },
    };
    expect(measuredRow(rowId, recipe, ended(10, 1e9))?.macsRatio).toBe(1);
  });
});
