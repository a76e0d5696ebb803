import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import { train } from '../train.js';
import { loadRun } from './load-run.js';

const data = { train: tinyDataset('train', 8), test: tinyDataset('test', 4) };

describe('loadRun', () => {
  it('reads the best, the latest or the one that is asked for', async () => {
    await inTemporaryFolder(async (folder) => {
      const { best } = await train({ recipe: tinyStaticRecipe({ epochs: 3 }), data, folder });
      const stepOf = async (options: Parameters<typeof loadRun>[1]): Promise<number> => {
        const { network, checkpoint } = await loadRun(folder, options);
        network.dispose();
        return checkpoint.step;
      };
      expect(await stepOf({})).toBe(best!.step);
      expect(await stepOf({ which: 'latest' })).toBe(6);
      expect(await stepOf({ step: 4 })).toBe(4);
      await rm(join(folder, 'best'), { recursive: true });
      expect(await stepOf({ which: 'best' })).toBe(6);

      await writeFile(join(folder, 'checkpoints', 'step-00000006', 'state.json'), '');
      const warnings: string[] = [];
      expect(await stepOf({ which: 'latest', onWarning: (message) => warnings.push(message) })).toBe(4);
      expect(warnings).toEqual([expect.stringContaining('step-00000006')]);
      await expect(stepOf({ step: 6 })).rejects.toMatchObject({ code: 'DMNN_CHECKPOINT' });
      await expect(stepOf({ step: 5 })).rejects.toMatchObject({ code: 'DMNN_CHECKPOINT' });
    });
  });

  it('says what a folder lacks', async () => {
    await inTemporaryFolder(async (folder) => {
      await expect(loadRun(folder)).rejects.toThrow(/expected a run folder/);
      await train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder });
      await rm(join(folder, 'checkpoints'), { recursive: true });
      await rm(join(folder, 'best'), { recursive: true });
      await expect(loadRun(folder)).rejects.toThrow(/expected a checkpoint, got none yet/);
    });
  });

  it('lists every difference to the checkpoint of another model, and knows another run’s', async () => {
    await inTemporaryFolder(async (folder) => {
      const run = async (name: string, changes: Record<string, unknown>): Promise<string> => {
        await train({
          recipe: tinyStaticRecipe({ epochs: 1, ...changes }),
          data,
          folder: join(folder, name),
        });
        return join(folder, name);
      };
      const one = await run('one', {});
      const deeper = await run('deeper', { model: { name: 'cifar-resnet14-0.25' } });
      const seeded = await run('seeded', { seed: 4 });
      const exchange = async (from: string): Promise<void> => {
        await rm(join(one, 'best'), { recursive: true, force: true });
        await cp(join(from, 'best'), join(one, 'best'), { recursive: true });
      };
      await exchange(deeper);
      await expect(loadRun(one)).rejects.toMatchObject({
        code: 'DMNN_WEIGHTS',
        problems: expect.arrayContaining([
          expect.stringContaining('stage0.block1.subblock0.unit0.weight'),
          expect.stringContaining('stage2.block1.subblock0.unit1.movingVariance'),
        ]),
      });
      await exchange(seeded);
      await expect(loadRun(one)).rejects.toThrow(/written by a run of another recipe, model or data/);
    });
  });
});
