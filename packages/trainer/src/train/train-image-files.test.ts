import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareExecutions } from '../evaluate/compare-executions.js';
import { evaluate } from '../evaluate/evaluate.js';
import { loadRun } from '../run/load-run.js';
import { type EpochRecord, type StepRecord, loadRunConfig, readMetrics } from '@dmnn/runs';
import { logWithoutClock } from '../fixtures/log-without-clock.js';
import { inTemporaryFolder } from '@dmnn/test-kit';
import { tinyImageFiles as imageFiles } from '../fixtures/tiny-image-files.js';
import { tinyRecipe, tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import type { TrainEvent } from './train-events.js';
import { train } from '../train.js';
import type { TrainOptions } from './train-with.js';

const recipe = tinyRecipe({ augmentation: 'random-resized-crop', checkpoints: { everySteps: 2 } });
const data = { train: imageFiles('train', 16, [3]), test: imageFiles('test', 8, [0, 1]) };

const weights = async (folder: string): Promise<Buffer> => {
  const { network, checkpoint } = await loadRun(folder, { which: 'latest' });
  network.dispose();
  return readFile(join(checkpoint.path, 'weights.safetensors'));
};

describe('training on image files', () => {
  it('lists damaged ones, and ends with the same bits after a resumption', async () => {
    await inTemporaryFolder(async (parent) => {
      const [straight, resumed] = [join(parent, 'straight'), join(parent, 'resumed')];
      const events: TrainEvent[] = [];
      const result = await train({
        recipe,
        data,
        folder: straight,
        onProgress: (event) => events.push(event),
      });
      expect(result).toMatchObject({ status: 'finished', step: 8, evaluation: { images: 6 } });
      const listed = (await readFile(join(straight, 'bad-images.jsonl'), 'utf8')).trim().split('\n');
      const images = listed.map((line) => JSON.parse(line) as { split: string; index: number });
      expect(images.map(({ split, index }) => `${split} ${index}`)).toEqual(['train 3', 'test 0', 'test 1']);
      const warnings = events.flatMap((event) => (event.kind === 'warning' ? [event.message] : []));
      expect(warnings.filter((message) => message.startsWith('left out: '))).toHaveLength(3);
      for (const record of await readMetrics(straight)) {
        if (record.kind === 'alarm') continue;
        const { dataWaitShare } = (record as StepRecord | EpochRecord).clock;
        expect(dataWaitShare! > 0 && dataWaitShare! < 1).toBe(true);
      }

      const controller = new AbortController();
      const stopping = (event: TrainEvent): void => {
        if (event.kind === 'step' && event.step === 5) controller.abort();
      };
      const { signal } = controller;
      const first = await train({ recipe, data, folder: resumed, onProgress: stopping, signal });
      expect([first.status, first.step]).toEqual(['interrupted', 5]);
      await appendFile(join(resumed, 'bad-images.jsonl'), '{"split":"tr'); // as a kill may leave it
      await train({ recipe, data, folder: resumed, resume: true });
      expect((await weights(resumed)).equals(await weights(straight))).toBe(true);
      expect(await logWithoutClock(resumed)).toEqual(await logWithoutClock(straight));
      expect((await readFile(join(resumed, 'bad-images.jsonl'), 'utf8')).trim().split('\n')).toEqual(listed);
    });
  });

  it('prunes on them, and lists damaged ones that it meets there already', async () => {
    await inTemporaryFolder(async (parent) => {
      const [from, folder] = [join(parent, 'whole'), join(parent, 'pruned')];
      const whole = { augmentation: 'random-resized-crop', epochs: 1 };
      await train({ recipe: tinyStaticRecipe(whole), data, folder: from });
      const pruning = { macsRatio: 0.8, channelsPerRound: 4, stepsPerRound: 4, batchSize: 4 }; // an epoch a round
      const listed: string[] = [];
      await train({
        ...{ recipe: tinyStaticRecipe({ ...whole, pruning }), data, folder, from },
        onProgress: (event) => {
          if (event.kind === 'warning') listed.push(event.message);
          if (event.kind === 'pruning') expect(listed.join()).toContain('train/3.jpg');
        },
      });
      expect(listed.filter((message) => message.includes('train/3.jpg'))).toHaveLength(1);
      expect((await loadRunConfig(folder)).architecture.name).toBe('cifar-resnet8-0.25-pruned');
    });
  });

  it('stops above the limit with all of them, and goes on where more are allowed', async () => {
    await inTemporaryFolder(async (folder) => {
      const options: TrainOptions = { recipe, data, folder, badImageLimit: 2 };
      const stopped = { code: 'DMNN_BAD_IMAGES', details: { images: { length: 3 } } };
      await expect(train(options)).rejects.toMatchObject(stopped);
      await expect(train({ ...options, resume: true })).rejects.toThrow(
        /expected at most 2 damaged, got 3:\n {2}train\/3\.jpg: the end of the file[^]*test\/1\.jpg/,
      );
      const result = await train({ ...options, resume: true, badImageLimit: 3 });
      expect(result).toMatchObject({ status: 'finished', evaluation: { images: 6 } });
      await expect(train({ ...options, resume: true, badImageLimit: -1 })).rejects.toThrow(/badImageLimit/);
    });
  });

  it('records the files, and refuses to go on with others', async () => {
    await inTemporaryFolder(async (folder) => {
      await train({ recipe, data, folder });
      const { config, network } = await loadRun(folder);
      expect(config.data.train.photographs?.layout).toBe('other');
      expect(config.data.train.photographs?.digest).toMatch(/^[0-9a-f]{64}$/);
      const other = { ...data, train: imageFiles('train', 20) };
      await expect(train({ recipe, data: other, folder, resume: true })).rejects.toThrow(
        /data\.train\.photographs\.digest/,
      );
      const { test: dataset } = data;
      await expect(evaluate({ network, dataset })).rejects.toMatchObject({ code: 'DMNN_DATA' });
      let reported = 0;
      const onSkipped = (skipped: readonly unknown[]): void => void (reported += skipped.length);
      const small = { network, dataset, batchSize: 2, onSkipped };
      expect(await evaluate(small)).toMatchObject({ images: 6, skippedImages: [0, 1] });
      expect(await compareExecutions(small)).toMatchObject({ images: 6, decidedDifferences: 0 });
      expect(reported).toBe(4);
      const allDamaged = { ...small, dataset: imageFiles('test', 2, [0, 1]) };
      await expect(evaluate(allDamaged)).rejects.toThrow(/expected intact images/);
      network.dispose();
    });
  });

  it('refuses a recipe for other images', async () => {
    await inTemporaryFolder(async (folder) => {
      const padded = tinyRecipe();
      await expect(train({ recipe: padded, data, folder })).rejects.toThrow(
        /augmentation: expected random-resized-crop or none for images, got pad-crop-flip/,
      );
      const large = tinyRecipe({ augmentation: 'none', imageSizePx: 32 });
      await expect(train({ recipe: large, data, folder })).rejects.toThrow(
        /imageSizePx: expected 8, .* got 32/,
      );
    });
  });
});
