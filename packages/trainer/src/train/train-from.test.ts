import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensors } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import { type LearningRateFactors, openNetworkData, readMetrics, saveModel } from '@dmnn/runs';
import { loadRun } from '../run/load-run.js';
import { logWithoutClock } from '../fixtures/log-without-clock.js';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { tinyRecipe, tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import type { TrainEvent } from './train-events.js';
import { train } from '../train.js';
import type { TrainOptions } from './train-with.js';

const data = { train: tinyDataset('train', 16), test: tinyDataset('test', 12) };

async function weightsOf(folder: string, which: 'best' | 'latest' = 'latest') {
  const { network, checkpoint } = await loadRun(folder, { which });
  const weights = await network.weights();
  network.dispose();
  return { weights, bytes: await readFile(join(checkpoint.path, 'weights.safetensors')) };
}

/** A short run of the static network, and a folder for another. */
async function withStaticRun(body: (from: string, folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (root) => {
    const from = join(root, 'static');
    await train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder: from });
    await body(from, join(root, 'dynamic'));
  });
}

const taught = { fineTuning: { calibrationImages: 8, distillation: { temperature: 2, weight: 0.5 } } };

describe('train from another run', () => {
  it('begins with divided weights that do what the undivided ones did, and says so', async () => {
    await withStaticRun(async (from, folder) => {
      const events: TrainEvent[] = [];
      const recipe = tinyRecipe({ epochs: 1, gating: { targetRate: 0.6, openingRate: 0.99 } });
      await train({ recipe, data, folder, from, onProgress: (event) => events.push(event) });
      const begun = events.find((event) => event.kind === 'begun')!;
      expect(begun).toMatchObject({ from: 'cifar-resnet8-0.25', lostShares: [0, 0, 0] });
      const { evaluation } = (await readMetrics(from)).find((record) => record.kind === 'epoch')!;
      const { classificationLoss, topOneErrorPercent } = evaluation!;
      expect(begun.evaluation?.error.top1ErrorPercent).toBe(topOneErrorPercent);
      // gates are all open at the start
      expect(begun.evaluation?.error.classificationLoss).toBeCloseTo(classificationLoss, 4);
      const [start] = await readMetrics(folder);
      expect(start).toMatchObject({ kind: 'start', evaluation: { executionRate: 1 } });
      expect((await loadRun(folder)).config.start).toMatchObject({ model: 'cifar-resnet8-0.25', step: 4 });
    });
  });

  it('stopped while it is calibrated, ends as interrupted, and begins again to the same bits', async () => {
    await withStaticRun(async (from, folder) => {
      const recipe = tinyRecipe({ ...taught, epochs: 1 });
      const other = `${folder}-whole`;
      await train({ recipe, data, folder: other, from });
      const controller = new AbortController();
      const stopped = train({ recipe, data, folder, from, signal: controller.signal });
      setImmediate(() => {
        controller.abort(); // as a signal's listener is called
      });
      expect(await stopped).toMatchObject({ status: 'interrupted', step: 0 });
      await train({ recipe, data, folder, from, resume: true });
      expect((await weightsOf(folder)).bytes.equals((await weightsOf(other)).bytes)).toBe(true);
    });
  });

  it('resumed without the other run and killed at any step, gives the same bits, with a teacher too', async () => {
    await withStaticRun(async (from, folder) => {
      const recipe = tinyRecipe({ ...taught, checkpoints: { everySteps: 1 } });
      const other = `${folder}-whole`;
      await train({ recipe, data, folder: other, from });

      const controller = new AbortController();
      await train({
        recipe,
        data,
        folder,
        from,
        signal: controller.signal,
        onProgress: (event) => {
          if (event.kind === 'step' && event.step === 3) controller.abort();
        },
      });
      await rm(from, { recursive: true });
      const { status } = await train({ recipe, data, folder, resume: true });
      expect(status).toBe('finished');
      expect((await weightsOf(folder)).bytes.equals((await weightsOf(other)).bytes)).toBe(true);
      expect(await logWithoutClock(folder)).toEqual(await logWithoutClock(other));
      expect(await readdir(join(folder, 'start', 'step-00000000'))).toEqual([
        'manifest.json',
        'teacher.json',
        'teacher.safetensors',
        'weights.safetensors',
      ]);
      const step = (await readMetrics(folder)).find((record) => record.kind === 'step')!;
      expect(step.loss.distillation).toBeGreaterThan(0);
    });
  });

  it('goes on with what the gates of the same network have learned, or holds them open first', async () => {
    await inTemporaryFolder(async (root) => {
      const [from, still, held] = ['from', 'still', 'held'].map((name) => join(root, name)) as [
        string,
        string,
        string,
      ];
      await train({ recipe: tinyRecipe({ epochs: 1 }), data, folder: from });
      const unmoved = tinyRecipe({ epochs: 1, learningRate: { kind: 'constant', from: 0 } });
      await train({ recipe: unmoved, data, folder: still, from });
      const [learned, kept] = [await weightsOf(from), await weightsOf(still)];
      for (const [name, { data: values }] of kept.weights)
        if (!name.includes('.moving')) expect(values, name).toEqual(learned.weights.get(name)!.data);

      const gating = { targetRate: 0.6, gatesOpenUntil: 0.5 };
      await train({ recipe: tinyRecipe({ epochs: 1, gating }), data, folder: held, from });
      const [start] = await readMetrics(held);
      expect(start).toMatchObject({ kind: 'start', evaluation: { executionRate: 1 } });
    });
  });

  it('begins again from the run folder alone if it was killed before its first checkpoint', async () => {
    await withStaticRun(async (from, folder) => {
      const recipe = tinyRecipe({ epochs: 1 });
      const started = train({
        recipe,
        data,
        folder,
        from,
        onProgress: (event) => {
          if (event.kind === 'begun') throw new Error('killed');
        },
      });
      await expect(started).rejects.toThrow('killed');
      await rm(from, { recursive: true });
      expect((await train({ recipe, data, folder, resume: true })).status).toBe('finished');

      for (const name of ['start', 'checkpoints', 'best']) await rm(join(folder, name), { recursive: true });
      await expect(train({ recipe, data, folder, resume: true })).rejects.toThrow(
        /expected the weights that the run begins with in start\/.*Name the run to start from again/,
      );
    });
  });

  it('trains controllers and heads alone, and nothing else of the network changes', async () => {
    await withStaticRun(async (from, folder) => {
      const recipe = tinyRecipe({
        ...{ epochs: 1, fineTuning: { trainable: 'controllers', calibrationImages: 8 } },
        optimiser: { weightDecay: 0.1, decay: ['all'] },
      });
      const options: TrainOptions = { recipe, data, folder, from };
      await train(options);
      const startWeights = readSafetensors(
        await readFile(join(folder, 'start', 'step-00000000', 'weights.safetensors')),
      );
      const { weights } = await weightsOf(folder);
      const changed = [...weights].filter(
        ([name, { data: values }]) => values.toString() !== startWeights.get(name)?.data.toString(),
      );
      const names = changed.map(([name]) => name);
      expect(names.length).toBeGreaterThan(0);
      expect(names.filter((name) => !/(^|\.)controllers?\./.test(name))).toEqual([]);
      expect(names).toContain('stage0.block0.controller.decide.bias');
      expect(names).toContain('controllers.carry.weight');
    });
  });

  it('moves parts by factors of the learning rate', async () => {
    await withStaticRun(async (from, folder) => {
      const moved = async (name: string, learningRateFactors?: LearningRateFactors) => {
        const recipe = tinyRecipe({
          ...{ epochs: 1, batchSize: 16, fineTuning: { calibrationImages: 8, learningRateFactors } },
          learningRate: { kind: 'constant', from: 0.05 }, // one step
        });
        const out = `${folder}-${name}`;
        await train({ recipe, data, folder: out, from });
        const begun = await readFile(join(out, 'start', 'step-00000000', 'weights.safetensors'));
        const start = readSafetensors(begun);
        const { weights } = await weightsOf(out);
        return new Map(
          [...weights].map(([key, { data: values }]) => [
            key,
            values.map((value, i) => value - (start.get(key)?.data as Float32Array)[i]!),
          ]),
        );
      };
      const all = await moved('all');
      const parts = await moved('parts', { trunk: 0.25, controllers: 4 });
      const ratios = new Map<number, string[]>();
      for (const [name, change] of all) {
        if (name.includes('.moving')) continue;
        // by the value that moved most: differences of float32 weights round
        const at = change.reduce((best, each, i) => (Math.abs(each) > Math.abs(change[best]!) ? i : best), 0);
        if (change[at] === 0) continue;
        const ratio = parts.get(name)![at]! / change[at]!;
        const factor = [0.25, 1, 4].find((each) => Math.abs(ratio / each - 1) < 0.01) ?? NaN;
        ratios.set(factor, [...(ratios.get(factor) ?? []), name]);
      }
      expect([...ratios.keys()].sort()).toEqual([0.25, 1, 4]);
      expect(ratios.get(1)).toEqual(['head.linear.weight', 'head.linear.bias']);
      expect(ratios.get(4)?.every((name) => /(?:^|\.)controllers?\./.test(name))).toBe(true);
      expect(ratios.get(0.25)).toEqual(
        expect.arrayContaining(['stem.unit0.weight', 'stage2.block0.shortcut.gamma']),
      );
      expect(ratios.get(0.25)?.some((name) => /controller|head/.test(name))).toBe(false);
    });
  });

  it.each([
    [
      { exits: 2 },
      'all',
      /learningRateFactors\.exits: expected none, since dmnn-cifar-resnet8-0\.25-n2 has no exits, got 2/,
    ],
    [
      { trunk: 0.1 },
      'controllers',
      /learningRateFactors\.trunk: expected none, since only the controllers are trained, got 0\.1/,
    ],
    [{ trunk: 0.1 }, 'head', /since only the head is trained/],
    [
      { head: 2, controllers: 2 },
      'head',
      /Factors\.controllers: expected none, since only the head is trained, got 2/,
    ],
  ] as const)(
    'refuses a factor of a part that learns nothing: %o, %s trained',
    async (learningRateFactors, trainable, message) => {
      await withStaticRun(async (from, folder) => {
        const recipe = tinyRecipe({ epochs: 1, fineTuning: { trainable, learningRateFactors } });
        await expect(train({ recipe, data, folder, from })).rejects.toThrow(message);
      });
    },
  );

  it('goes on with the weights of the same network as they are', async () => {
    await withStaticRun(async (from, folder) => {
      const events: TrainEvent[] = [];
      const recipe = tinyStaticRecipe({ epochs: 1, learningRate: { kind: 'constant', from: 0 } });
      await train({ recipe, data, folder, from, onProgress: (event) => events.push(event) });
      expect(events.find((event) => event.kind === 'begun')).not.toHaveProperty('lostShares');
      const [before, after] = [await weightsOf(from, 'best'), await weightsOf(folder)];
      const name = 'stage0.block0.subblock0.unit0.weight';
      expect(after.weights.get(name)).toEqual(before.weights.get(name));
    });
  });

  it('begins with an imported model, and warns if its images were normalised in another way', async () => {
    await withStaticRun(async (from, folder) => {
      const model = await openNetworkData(from);
      const imported = `${folder}-imported`;
      await saveModel(imported, {
        architecture: model.architecture,
        weights: model.weights,
        channelMeans: [0.1, 0.2, 0.3],
        channelDeviations: model.channelDeviations,
        importedFrom: { file: 'weights.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
      });
      const warnings: string[] = [];
      await train({
        recipe: tinyRecipe({ epochs: 1 }),
        data,
        folder,
        from: imported,
        onProgress: (event) => {
          if (event.kind === 'warning') warnings.push(event.message);
        },
      });
      expect(warnings.join()).toMatch(
        /trained on images of channel means 0\.1, 0\.2, 0\.3 .* here they have 0\.4/,
      );
      const { start } = (await loadRun(folder)).config;
      expect(start).toEqual({ model: 'cifar-resnet8-0.25', sha256: expect.any(String) as string });
    });
  });

  it('refuses a run of another network, a recipe for fine-tuning alone, and controllers where there are none', async () => {
    await withStaticRun(async (from, folder) => {
      const other = tinyRecipe({ model: { name: 'dmnn-cifar-resnet8-0.5-n2' } });
      await expect(train({ recipe: other, data, folder, from })).rejects.toThrow(
        /expected the network of the run to start from, cifar-resnet8-0\.25 \(4 classes\), or one divided from it, got dmnn-cifar-resnet8-0\.5-n2/,
      );
      await expect(train({ recipe: tinyRecipe(taught), data, folder })).rejects.toThrow(
        /fineTuning: expected a run to start from/,
      );
      const static_ = tinyStaticRecipe({ fineTuning: { trainable: 'controllers' } });
      await expect(train({ recipe: static_, data, folder, from })).rejects.toThrow(
        /fineTuning\.trainable: expected 'all', since cifar-resnet8-0\.25 has no controllers/,
      );
      await expect(
        train({ recipe: tinyRecipe(), data, folder: `${folder}-2`, from: `${from}-none` }),
      ).rejects.toThrow(/expected the folder of a run/);
    });
  });

  it('takes another start for another run', async () => {
    await withStaticRun(async (from, folder) => {
      const recipe = tinyRecipe({ epochs: 1 });
      await train({ recipe, data, folder });
      await expect(train({ recipe, data, folder, from, resume: true })).rejects.toThrow(
        /start: nothing then, .*now/,
      );
    });
  });
});
