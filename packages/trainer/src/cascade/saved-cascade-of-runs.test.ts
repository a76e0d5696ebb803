import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { cascade, openCascade, openNetworkData, saveCascade } from '@dmnn/runs';
import { expect, it } from 'vitest';
import { tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import { train } from '../train.js';

const data = { train: tinyDataset('train', 8), test: tinyDataset('test', 4) };

it('a cascade of two widths of a slimmable run has their weights, also when it was trained on', async () => {
  await inTemporaryFolder(async (root) => {
    const [folder, both] = [join(root, 'run'), join(root, 'both')];
    const recipe = (epochs: number) =>
      tinyStaticRecipe({
        ...{ model: { name: 'cifar-resnet8-0.25' }, slimmable: { widths: [0.5, 1] } },
        ...{ epochs, checkpoints: { everySteps: 0, keep: 2 } },
      });
    await train({ recipe: recipe(1), data, folder });
    const parts = await Promise.all(
      [0.5, 1].map((width) => openNetworkData(folder, { width, which: 'latest' })),
    );
    expect(parts.map(({ setting }) => setting)).toEqual([{ width: 0.5 }, undefined]);
    await saveCascade(both, cascade(parts, { thresholds: [0.5] }));
    await train({ recipe: recipe(2), data, folder, resume: true });
    const found = await openCascade(both);
    expect(found.parts.map(({ weights }) => new Map(weights))).toEqual(
      parts.map(({ weights }) => new Map(weights)),
    );
    expect(found.parts.map(({ setting }) => setting)).toEqual([{ width: 0.5 }, undefined]);
    await expect(openNetworkData(folder, { width: 0.3 })).rejects.toThrow(
      "width: expected one of the run's, 0.5, 1, got 0.3.",
    );
  });
});

it('a cascade of a run that was trained on has its weights from the best checkpoint, or says what to do', async () => {
  await inTemporaryFolder(async (root) => {
    const [folder, both] = [join(root, 'run'), join(root, 'both')];
    const recipe = (epochs: number) => tinyStaticRecipe({ epochs, checkpoints: { everySteps: 0, keep: 2 } });
    await train({ recipe: recipe(1), data, folder });
    const part = await openNetworkData(folder, { which: 'latest' });
    await saveCascade(both, cascade([part, part], { thresholds: [0.5] }));
    const { path } = (part.source as { checkpoint: { path: string } }).checkpoint;
    await cp(path, join(root, 'kept'), { recursive: true });
    await train({ recipe: recipe(4), data, folder, resume: true });
    expect(existsSync(path)).toBe(false);
    const best = join(folder, 'best');
    await rm(best, { recursive: true });
    await cp(join(root, 'kept'), join(best, basename(path)), { recursive: true });
    for (const { weights } of (await openCascade(both)).parts)
      expect(new Map(weights)).toEqual(new Map(part.weights));
    await rm(best, { recursive: true });
    const refused = openCascade(both);
    await expect(refused).rejects.toMatchObject({ code: 'DMNN_MODEL_FOLDER', folder: both });
    await expect(refused).rejects.toThrow(
      new RegExp(
        `both: network 1 of 2, \\.\\./run: expected the weights of step 2 with the fingerprint [0-9a-f]{64}, got a run without an intact checkpoint that has them.*dmnn eval … --save`,
      ),
    );
  });
});
