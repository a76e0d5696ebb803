import { gatedBlocks } from '@dmnn/architecture';
import { describe, expect, it } from 'vitest';
import { paperRows } from './paper-rows.js';
import { architectureOf } from '../../train/architecture-of.js';
import { rowRecipe } from './row-recipe.js';

describe('rowRecipe', () => {
  const trained = ['resnet', 'resnext', 'mobilenet-v2', 'dmnn'];

  it.each(paperRows().filter(({ paper }) => trained.includes(paper.system)))(
    'trains $id as the paper says',
    ({ id, paper }) => {
      const recipe = rowRecipe(id);
      const cifar = paper.table === 3;
      expect(recipe).toMatchObject({
        name: id,
        data: cifar ? 'cifar100' : 'imagenet',
        epochs: cifar ? 200 : 120,
        batchSize: 256,
        optimiser: { momentum: 0.9, weightDecay: paper.table === 2 ? 4e-5 : 1e-4 },
      });
      expect(recipe.gating?.targetRate).toBe(paper.targetRate);
      const architecture = architectureOf(recipe, { classes: 100, imageSizePx: cifar ? 32 : 224 });
      const gated = gatedBlocks(architecture);
      expect(gated.length > 0).toBe(paper.targetRate !== undefined);
      expect(gated[0]?.block.subBlocks.length).toBe(paper.subBlocks);
    },
  );

  it.each([
    ['table1/07-convnet-aig50-t0.7', 'convnet-aig50', 0.7, 10],
    ['table1/19-convnet-aig101-t0.5', 'convnet-aig101', 0.5, 25],
  ])('trains %s as its own authors say', (id, model, targetRate, gates) => {
    const recipe = rowRecipe(id);
    expect(recipe).toMatchObject({
      name: id,
      model: { name: model },
      epochs: 100,
      optimiser: { nesterov: false, decay: ['all'] },
      learningRate: { kind: 'step', from: 0.1, atEpochs: [30, 60, 90] },
      gating: { targetRate, category: null, resourceWeight: 1 },
    });
    const targets = recipe.gating?.layerTargets as readonly number[];
    expect(targets.filter((target) => target < 1)).toHaveLength(gates);
  });

  it.each([
    ['table1/08-slimmable-resnet50-0.75', 'resnet50', 100],
    ['table2/03-slimmable-mobilenetv2-0.75', 'mobilenetv2', 480],
  ])('trains %s as its own authors say', (id, name, epochs) => {
    const recipe = rowRecipe(id);
    expect(recipe).toMatchObject({ name: id, model: { name }, epochs, gating: null });
    expect(recipe.slimmable?.widths).toContain(0.75);
    expect(recipe.optimiser.decay).toEqual(['dense-convolution', 'linear']);
  });

  it('leaves out of table 4 what its rows leave out', () => {
    const [none, previous, category] = [
      '02-dmnn50-n2-t0.7',
      '03-dmnn50-n2-t0.7-prev',
      '04-dmnn50-n2-t0.7-cat',
    ].map((row) => rowRecipe(`table4/${row}`));
    expect(none).toMatchObject({
      gating: { category: null },
      model: { controller: { previousState: 'none' } },
    });
    expect(previous).toMatchObject({
      gating: { category: null },
      model: { controller: { previousState: 'shared' } },
    });
    expect(category).toMatchObject({ gating: { category: { weights: 'paper' } } });
    expect(category!.model.controller).toMatchObject({ previousState: 'none' });
  });

  it('prunes a trained network for the row of Taylor pruning', () => {
    expect(rowRecipe('table1/04-taylor-pruned-resnet50')).toMatchObject({
      name: 'table1/04-taylor-pruned-resnet50',
      model: { name: 'resnet50' },
      pruning: { macsRatio: 0.7, criterion: 'activation' },
      epochs: 25,
      gating: null,
    });
  });

  it.each(paperRows())('augments the images of $id as image files or as small images', ({ id }) => {
    const { data, augmentation } = rowRecipe(id);
    expect(augmentation).toBe(data === 'imagenet' ? 'random-resized-crop' : 'pad-crop-flip');
  });

  it('suggests near ids', () => {
    expect(() => rowRecipe('table3/03-dmnn-cifar-resnet50-n2-t0.5')).toThrow(/t0.6/);
  });
});
