import { describe, expect, it } from 'vitest';
import { readMetrics } from '@dmnn/runs';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { tinyDynamicRows, tinyRows } from '../../fixtures/tiny-rows.js';
import { measuredRow } from './measured-row.js';
import { reproduce, reproductionRecipe } from './reproduce.js';

const { data, overrides: tiny } = tinyRows;

describe('reproduce', () => {
  it('wants the row’s data, and says which can be had', async () => {
    const eightPixels = { train: tinyDataset('train', 8), test: tinyDataset('test', 4) };
    const options = { data: eightPixels, folder: '/nowhere' };
    await expect(reproduce('table1/10-dmnn50-n2-t0.5', options)).rejects.toThrow(
      /expected ImageNet, 1000 classes at 224 pixels, got tiny, 4 classes at 8 pixels\. Rows of table 3/,
    );
    await expect(reproduce('table3/01-cifar-resnet50', options)).rejects.toMatchObject({
      code: 'DMNN_UNSUPPORTED_ROW',
      details: { row: 'table3/01-cifar-resnet50' },
    });
    await expect(reproduce('table1/03-resnet50', { ...options, scale: 'laptop' })).rejects.toThrow(
      /expected small images of 32 pixels, got tiny/,
    );
  });

  it('refuses to take the row’s width off a slimmable network', () => {
    const overrides = ['slimmable.widths=[0.5,1]'];
    expect(() => reproductionRecipe('table1/08-slimmable-resnet50-0.75', { overrides })).toThrow(
      /^recipe\.slimmable\.widths: expected 0\.75 among them.* got 0\.5, 1\./,
    );
  });

  it('trains a row of the paper’s scale', async () => {
    await inTemporaryFolder(async (folder) => {
      const rowId = 'table3/03-dmnn-cifar-resnet50-n2-t0.6';
      const { row, recipe, training, measured } = await reproduce(rowId, { ...tinyDynamicRows, folder });
      expect(row.paper.top1ErrorPercent).toBeGreaterThan(0);
      expect(recipe.gating?.targetRate).toBe(0.6);
      expect(training.status).toBe('finished');
      const { evaluation } = training;
      expect(measured).toEqual({
        top1ErrorPercent: evaluation?.error.top1ErrorPercent,
        meanMacs: evaluation?.cost.meanMacs,
        macsRatio: evaluation?.cost.macsRatio,
        executionRate: evaluation?.gates.executionRate,
      });
    });
  });

  it('prunes the network of another row’s run', async () => {
    await inTemporaryFolder(async (root) => {
      const [from, folder] = [`${root}/whole`, `${root}/pruned`];
      const network = [...tiny, 'model.name=cifar-resnet8-0.25'];
      await reproduce('table1/03-resnet50', { data, scale: 'laptop', folder: from, overrides: network });
      const overrides = [...network, 'pruning.batchSize=2', 'pruning.stepsPerRound=1'];
      const pruned = { data, scale: 'laptop', folder, overrides } as const;
      const rowId = 'table1/04-taylor-pruned-resnet50';
      await expect(reproduce(rowId, pruned)).rejects.toThrow(/pruning: expected a run to start from/);
      const { measured } = await reproduce(rowId, { ...pruned, from });
      expect(measured?.macsRatio).toBeLessThanOrEqual(0.7);
      expect(measured?.macsRatio).toBeGreaterThan(0.6);
    });
  });

  // each system once, by its own recipe with a network that is quick
  it.each([
    ['table1/03-resnet50', ['model.name=cifar-resnet8-0.25']],
    ['table1/05-resnext50-2x40d', ['model.name=cifar-resnext11-2x40d-0.05']],
    ['table1/07-convnet-aig50-t0.7', ['model.name=convnet-aig-cifar-resnet8-0.25']],
    ['table1/13-dmnn50-n3-t0.7', ['model.name=dmnn-cifar-resnet8-0.25-n3']],
    ['table2/02-mobilenetv2', ['model.name=cifar-mobilenetv2-0.1']],
    ['table4/02-dmnn50-n2-t0.7', ['model.name=dmnn-cifar-resnet8-0.25-n2']],
  ])('trains %s in small', async (rowId, overrides) => {
    await inTemporaryFolder(async (folder) => {
      const options = { data, folder, scale: 'laptop', overrides: [...tiny, ...overrides] } as const;
      const { training, measured, scale } = await reproduce(rowId, options);
      expect([training.status, training.step, scale]).toEqual(['finished', 1, 'laptop']);
      expect(measured?.top1ErrorPercent).toBeGreaterThanOrEqual(0);
      expect(measured?.executionRate === null).toBe(!/dmnn|aig/.test(rowId));
    });
  });

  it('measures a slimmable row at its own width', async () => {
    await inTemporaryFolder(async (folder) => {
      const rowId = 'table1/08-slimmable-resnet50-0.75';
      const overrides = [...tiny, 'model.name=cifar-resnet8-0.25', 'slimmable.widths=[0.75,1]'];
      const { training, measured, recipe } = await reproduce(rowId, {
        ...{ data, folder, scale: 'laptop', overrides },
      });
      const own = training.widths?.find(({ width }) => width === 0.75);
      expect(measured).toMatchObject({ meanMacs: own?.macs, top1ErrorPercent: own?.top1ErrorPercent });
      expect(measured?.macsRatio).toBeLessThan(0.8);
      expect(measuredRow(rowId, { ...recipe, epochs: 2 }, await readMetrics(folder))).toBeUndefined();
    });
  });
});
