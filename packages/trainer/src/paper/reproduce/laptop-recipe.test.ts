import { gatedBlocks, inferShapes } from '@dmnn/architecture';
import { slimmable } from '@dmnn/backbones';
import { countNetwork } from '@dmnn/flops';
import { describe, expect, it } from 'vitest';
import { paperRows } from '../rows/paper-rows.js';
import { architectureOf } from '../../train/architecture-of.js';
import { gatingProblems } from '../../gates/gating-problems.js';
import { laptopRecipe } from './laptop-recipe.js';
import { rowRecipe } from '../rows/row-recipe.js';

const cifar = { classes: 100, imageSizePx: 32 };
const rows = paperRows();

describe('laptopRecipe', () => {
  it.each(rows)('trains $id as the row says, in small', ({ id, paper }) => {
    const recipe = laptopRecipe(id);
    expect(recipe).toMatchObject({ name: `${id}-laptop`, data: 'cifar100', epochs: 10, batchSize: 128 });
    expect(recipe.augmentation).toBe('pad-crop-flip');
    expect(recipe.optimiser).toEqual(rowRecipe(id).optimiser);
    expect(recipe.gating?.targetRate).toBe(paper.targetRate);

    const architecture = architectureOf(recipe, cifar);
    const gated = gatedBlocks(architecture);
    expect(gated.length > 0).toBe(paper.targetRate !== undefined);
    for (const { block } of gated) expect(block.subBlocks).toHaveLength(paper.subBlocks as number);
    expect(gatingProblems(architecture, recipe.gating)).toEqual([]);
    expect(recipe.gating?.layerTargets).toBe(paper.system === 'convnet-aig' ? 'same' : undefined);
    expect(inferShapes(architecture).imageSizePx).toBe(32);
    expect(countNetwork(architecture).macs).toBeLessThan(0.1e9);
  });

  it.each(rows.filter(({ paper }) => paper.system === 'dmnn'))(
    'has the controllers and the category loss of $id',
    ({ id, paper: { previousState = true, categoryLoss = true } }) => {
      const { gating, model } = laptopRecipe(id);
      expect(gating?.category).toEqual(categoryLoss ? { weights: 'paper' } : null);
      expect(model.controller).toMatchObject({ previousState: previousState ? 'shared' : 'none' });
      const [first] = gatedBlocks(architectureOf({ model }, cifar));
      expect(first?.controller).toEqual(model.controller);
    },
  );

  it('holds DMNN’s gates open for half of a short run, lets ConvNet-AIG’s target fall, and ends both without noise', () => {
    const { gating } = laptopRecipe('table1/10-dmnn50-n2-t0.5');
    expect(gating).toMatchObject({
      gatesOpenUntil: 0.5,
      openingRate: 'in-turn',
      targetFallUntil: 0,
      bounds: null,
    });
    expect(gating?.noiseOffAfter).toBe(0.9);
    expect(laptopRecipe('table1/07-convnet-aig50-t0.7').gating).toMatchObject({
      targetFallUntil: 0.5,
      noiseOffAfter: 0.8,
    });
  });

  it('trains the widths of a slimmable row, and its own is one of them', () => {
    expect(laptopRecipe('table1/08-slimmable-resnet50-0.75').slimmable?.widths).toEqual([0.25, 0.5, 0.75, 1]);
    const { model, slimmable: narrow } = laptopRecipe('table2/03-slimmable-mobilenetv2-0.75');
    expect(narrow?.widths).toEqual([0.35, 0.5, 0.75, 1]);
    expect(slimmable(model.name, { ...narrow, ...cifar }).networks).toHaveLength(4);
  });

  it('prunes a trained ResNet-20 to the row’s share, and the others none', () => {
    const pruned = laptopRecipe('table1/04-taylor-pruned-resnet50');
    expect(pruned).toMatchObject({
      model: { name: 'cifar-resnet20' },
      pruning: { macsRatio: 0.7, channelsPerRound: 10 },
    });
    expect(laptopRecipe('table1/03-resnet50').pruning).toBeUndefined();
  });

  it('keeps networks apart that the paper’s rows keep apart, and deep ones deeper', () => {
    const macs = (id: string): number => countNetwork(architectureOf(laptopRecipe(id), cifar)).macs;
    expect(macs('table1/17-resnet101') / macs('table1/03-resnet50')).toBeCloseTo(1.7, 1);
    expect(laptopRecipe('table1/05-resnext50-2x40d').model).not.toEqual(
      laptopRecipe('table1/06-resnext50-4x24d').model,
    );
    expect(macs('table2/08-mobilenetv2-1.4')).toBeGreaterThan(macs('table2/02-mobilenetv2'));
  });

  it('names near ids', () => {
    expect(() => laptopRecipe('table1/10-dmnn50-n2-t0.55')).toThrow(/table1\/10-dmnn50-n2-t0\.5/);
  });
});
