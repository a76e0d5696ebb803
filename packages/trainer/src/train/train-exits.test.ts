import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { countNetwork } from '@dmnn/flops';
import { openNetworkData, parseRecipe, readMetrics } from '@dmnn/runs';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { describe, expect, it } from 'vitest';
import { tinyRecipe, tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import { evaluate } from '../evaluate/evaluate.js';
import { loadRun } from '../run/load-run.js';
import { train } from '../train.js';

const data = { train: tinyDataset('train', 16), test: tinyDataset('test', 12) };

describe('training with exits', () => {
  it('trains them along, and says what each does', async () => {
    await inTemporaryFolder(async (folder) => {
      const exits = { after: [0, 1], weights: [0.5, 1], distillation: { temperature: 2, weight: 0.3 } };
      await train({ recipe: tinyRecipe({ exits }), data, folder });
      const log = await readMetrics(folder);
      const { network, config } = await loadRun(folder);
      expect(config.architecture.exits?.map(({ afterBlock }) => afterBlock)).toEqual([0, 1]);
      for (const line of log) {
        if (line.kind !== 'step') continue;
        const { total, ...terms } = line.loss;
        expect(terms.exits).toBeGreaterThan(0);
        expect(Object.values(terms).reduce<number>((sum, term = 0) => sum + term, 0)).toBeCloseTo(total, 4);
      }
      const last = log.filter((line) => line.kind === 'epoch').at(-1);
      expect(last?.training.loss.exits).toBeGreaterThan(0);
      const evaluation = await evaluate({ network, dataset: data.test });
      expect(evaluation.exits).toHaveLength(2);
      const [first, second] = evaluation.exits ?? [];
      expect(first?.meanMacs).toBeLessThan(second?.meanMacs ?? 0);
      expect(second?.meanMacs).toBeLessThan(evaluation.cost.meanMacs);
      const count = countNetwork(config.architecture).exits ?? [];
      expect(first?.meanMacs).toBeLessThanOrEqual(count[0]?.until.macs ?? 0);
      network.dispose();
      expect(last?.evaluation?.exits?.map(({ macsRatio }) => macsRatio > 0 && macsRatio < 1)).toEqual([
        true,
        true,
      ]);
    });
  });

  it('of a trained network leaves it as it is, bit for bit, if exits alone are trained', async () => {
    await inTemporaryFolder(async (root) => {
      const [from, folder] = [join(root, 'static'), join(root, 'exits')];
      await train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder: from });
      const recipe = tinyStaticRecipe({
        exits: { after: [1], convolutions: 1 },
        fineTuning: { trainable: 'exits' },
      });
      await train({ recipe, data, folder, from });
      const [before, after] = [
        await openNetworkData(from),
        await openNetworkData(folder, { which: 'latest' }),
      ];
      for (const [name, tensor] of before.weights) expect(after.weights.get(name)).toEqual(tensor);
      const own = [...after.weights.keys()].filter((name) => !before.weights.has(name));
      expect(own.every((name) => name.startsWith('exit0.'))).toBe(true);
      // it learns: the moving statistics of its batch norm have left 0, its bias its first value
      expect(after.weights.get('exit0.unit0.movingMean')?.data.some((value) => value !== 0)).toBe(true);
      const log = await readMetrics(folder);
      const [start, ...epochs] = log.filter((line) => line.kind === 'start' || line.kind === 'epoch');
      const errors = epochs.map((line) => line.evaluation?.topOneErrorPercent);
      expect(errors).toEqual(errors.map(() => start?.evaluation?.topOneErrorPercent));
      expect(epochs.at(-1)?.evaluation?.exits?.[0]).toBeDefined();
      const steps = log.filter((line) => line.kind === 'step');
      expect(steps.at(-1)?.loss.exits).not.toBe(steps[0]?.loss.exits);
    });
  });

  it('interrupted and resumed gives the same bits', async () => {
    await inTemporaryFolder(async (root) => {
      const recipe = tinyStaticRecipe({
        exits: { after: 1, convolutions: 1 },
        checkpoints: { everySteps: 1 },
      });
      const [whole, folder] = [join(root, 'whole'), join(root, 'stopped')];
      await train({ recipe, data, folder: whole });
      const controller = new AbortController();
      await train({
        recipe,
        data,
        folder,
        signal: controller.signal,
        onProgress: (event) => {
          if (event.kind === 'step' && event.step === 3) controller.abort();
        },
      });
      await train({ recipe, data, folder, resume: true });
      const [a, b] = await Promise.all(
        [whole, folder].map((run) => openNetworkData(run, { which: 'latest' })),
      );
      expect(new Map(b?.weights)).toEqual(new Map(a?.weights));
    });
  });

  it('a log of a network without exits does not mention them', async () => {
    await inTemporaryFolder(async (folder) => {
      await train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder });
      expect(JSON.stringify(await readMetrics(folder))).not.toContain('exit');
      expect(JSON.stringify((await loadRun(folder)).config)).not.toContain('exit');
    });
  });

  it.each([
    [{ exits: { after: 1, weights: [1, 1] } }, 'exits.weights: expected 1 numbers'],
    [{ exits: { after: 3 } }, 'exits.after: expected 1 to 2 exits'],
    [{ exits: { after: [2] } }, 'exits.after: expected blocks from 0 to 1'],
    [{ exits: { after: 1 }, fineTuning: { trainable: 'controllers' } }, 'has no controllers'],
  ])('refuses %j before the first step', async (changes, message) => {
    await inTemporaryFolder(async (root) => {
      const from = join(root, 'static');
      await train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder: from });
      await expect(
        train({ recipe: tinyStaticRecipe(changes), data, folder: join(root, 'run'), from }),
      ).rejects.toThrow(message);
    });
  });

  it('refuses exits alone where there are none, and with what has one classifier', async () => {
    await inTemporaryFolder(async (root) => {
      const from = join(root, 'static');
      await train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder: from });
      const recipe = tinyStaticRecipe({ fineTuning: { trainable: 'exits' } });
      await expect(train({ recipe, data, folder: join(root, 'run'), from })).rejects.toThrow(
        "fineTuning.trainable: expected 'all' or exits in the recipe (dmnn train --exits 3), since cifar-resnet8-0.25 has no exits, got 'exits'",
      );
      expect(existsSync(join(root, 'run'))).toBe(false); // nothing half-written
    });
    const model = { name: 'cifar-resnet8' };
    const both = { name: 'both', model, epochs: 1, batchSize: 4, exits: { after: 1 } };
    expect(() => parseRecipe({ ...both, slimmable: { widths: [0.5, 1] } })).toThrow(
      'exits: expected none with slimmable',
    );
    expect(() => parseRecipe({ ...both, pruning: { macsRatio: 0.5 } })).toThrow(
      'exits: expected none with pruning',
    );
  });
});
