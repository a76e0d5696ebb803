import { readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFileSystem } from '@dmnn/foundation/node';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { loadRun } from '../run/load-run.js';
import { type StepRecord, readMetrics } from '@dmnn/runs';
import { failingFileSystem, inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { logWithoutClock } from '../fixtures/log-without-clock.js';
import { tinyRecipe, tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import type { TrainEvent } from './train-events.js';
import { train } from '../train.js';
import type { TrainOptions } from './train-with.js';

const data = { train: tinyDataset('train', 16), test: tinyDataset('test', 12) };

async function weightsOf(folder: string): Promise<Buffer> {
  const { network, checkpoint } = await loadRun(folder, { which: 'latest' });
  network.dispose();
  return readFile(join(checkpoint.path, 'weights.safetensors'));
}

/** Trains with an abort after some event. */
async function trainUntil(
  stop: (event: TrainEvent) => boolean,
  options: Omit<TrainOptions, 'signal' | 'onProgress'>,
): Promise<string> {
  const controller = new AbortController();
  const result = await train({
    ...options,
    signal: controller.signal,
    onProgress: (event) => {
      if (stop(event)) controller.abort();
    },
  });
  return result.status;
}

describe('train', () => {
  it('finishes, reports every step and epoch, and leaves a run that can be read', async () => {
    await inTemporaryFolder(async (folder) => {
      const events: TrainEvent[] = [];
      const before = tf.memory().numTensors;
      const result = await train({
        recipe: tinyRecipe(),
        data,
        folder,
        onProgress: (event) => events.push(event),
        backend: { version: '4.22.0', threads: 1 },
      });
      expect(tf.memory().numTensors).toBe(before);
      expect(result).toMatchObject({ status: 'finished', step: 8, steps: 8, folder });
      expect(events.map(({ kind }) => kind).join(' ')).toBe(
        'start step step step step evaluating evaluating checkpoint epoch warning warning step step step step evaluating evaluating checkpoint epoch warning warning',
      ); // after eight steps all gates are still open, which is reported
      const step = events.find((event) => event.kind === 'step')!;
      const { loss } = step;
      const sum = loss.classification + loss.category + loss.executionRate + loss.flops + loss.bounds;
      expect(loss.total).toBeCloseTo(sum, 5);
      expect(loss.category).toBeGreaterThan(0);
      expect(step.target).toBe(0.6);
      expect(step.learningRate).toBe(0.05);
      expect(step.pace.imagesPerSecond).toBeGreaterThan(0);
      expect(step.pace.etaSeconds).toBeGreaterThan(0);

      const log = await readMetrics(folder);
      expect(log.map(({ kind }) => kind).join(' ')).toBe(
        'step step step step epoch alarm alarm step step step step epoch alarm alarm',
      );
      expect(log[0]).toMatchObject({ step: 1, epoch: 0, loss });
      expect(Object.keys((log[0] as StepRecord).clock)).toEqual(['time', 'imagesPerSecond', 'dataWaitShare']);
      expect(await readdir(folder)).toEqual([
        'best',
        'checkpoints',
        'config.json',
        'events.out.tfevents.dmnn',
        'metrics.jsonl',
      ]);
      expect(await readdir(join(folder, 'checkpoints'))).toEqual(['step-00000004', 'step-00000008']);

      const run = await loadRun(folder);
      expect(run.config.environment).toMatchObject({ backend: 'cpu', backendVersion: '4.22.0', threads: 1 });
      expect(run.checkpoint.bestErrorPercent).toBe(result.best!.topOneErrorPercent);
      expect(run.checkpoint.step).toBe(result.best!.step);
      run.network.dispose();
    });
  });

  it('learns, with gates that come to the joint optimum of the target', async () => {
    await inTemporaryFolder(async (folder) => {
      const many = { train: tinyDataset('train', 64), test: tinyDataset('test', 40) };
      const { evaluation } = await train({
        recipe: tinyRecipe({ epochs: 6, batchSize: 8, augmentation: 'none', gating: { targetRate: 0.5 } }),
        data: many,
        folder,
      });
      expect(evaluation!.error.top1ErrorPercent).toBeLessThan(20); // 75 by guessing
      expect(evaluation!.gates.executionRate).toBeGreaterThan(0.3);
      expect(evaluation!.gates.executionRate).toBeLessThan(0.75);
    });
  });

  it('gives the same bits again, also without gates, and other bits with another seed', async () => {
    await inTemporaryFolder(async (folder) => {
      const run = async (name: string, seed: number): Promise<[Buffer, unknown[]]> => {
        await train({ recipe: tinyStaticRecipe({ seed, epochs: 1 }), data, folder: join(folder, name) });
        return [await weightsOf(join(folder, name)), await logWithoutClock(join(folder, name))];
      };
      const [first, again, other] = [await run('a', 1), await run('b', 1), await run('c', 2)];
      expect(again[0].equals(first[0])).toBe(true);
      expect(again[1]).toEqual(first[1]);
      expect(other[0].equals(first[0])).toBe(false);
    });
  });

  it.each([
    ['a step', (event: TrainEvent) => event.kind === 'step' && event.step === 2],
    ['the last step of an epoch', (event: TrainEvent) => event.kind === 'step' && event.step === 4],
    ['an evaluation', (event: TrainEvent) => event.kind === 'evaluating' && event.images === 8],
    ['an epoch', (event: TrainEvent) => event.kind === 'epoch' && event.epoch === 0],
    ['the start', (event: TrainEvent) => event.kind === 'start'],
  ])('interrupted after %s and resumed, it is the run that was not', async (_, stop) => {
    await inTemporaryFolder(async (folder) => {
      const recipe = tinyRecipe({ checkpoints: { everySteps: 1 } });
      const [straight, broken] = [join(folder, 'a'), join(folder, 'b')];
      await train({ recipe, data, folder: straight });
      expect(await trainUntil(stop, { recipe, data, folder: broken })).toBe('interrupted');
      const events: TrainEvent[] = [];
      const result = await train({
        recipe,
        data,
        folder: broken,
        resume: true,
        onProgress: (event) => events.push(event),
      });
      expect(result.status).toBe('finished');
      expect(events[0]).toMatchObject({
        kind: 'start',
        resumedFrom: expect.stringContaining('step-0000000'),
      });
      expect((await weightsOf(broken)).equals(await weightsOf(straight))).toBe(true);
      expect(await logWithoutClock(broken)).toEqual(await logWithoutClock(straight));
    });
  });

  it('holds gates open until they decide, also if it is interrupted there and resumed', async () => {
    await inTemporaryFolder(async (folder) => {
      const gating = { targetRate: 0.6, openingRate: 0.7, gatesOpenUntil: 0.5 };
      const recipe = tinyRecipe({ gating, checkpoints: { everySteps: 1 } });
      const straight = join(folder, 'straight');
      const { evaluation } = await train({ recipe, data, folder: straight });
      const log = await readMetrics(straight);
      const steps = log.filter((record) => record.kind === 'step');
      const held = { targetRate: 1, executionRate: 1, executionRates: [1, 1, 1], flopsRate: 1 };
      for (const step of steps.slice(0, 4))
        expect(step).toMatchObject({ ...held, loss: { executionRate: 0 } });
      for (const { targetRate, executionRate } of steps.slice(4)) {
        expect(targetRate).toBe(0.6);
        expect(executionRate).toBeLessThan(0.9); // of 24 gates with a probability of 0.7
      }
      expect(log.find(({ kind }) => kind === 'epoch')).toMatchObject({ evaluation: { executionRate: 1 } });
      expect(log.slice(0, 6).map(({ kind }) => kind)).not.toContain('alarm'); // what is held open is well

      for (const last of [4, 5]) {
        const broken = join(folder, `broken-${last}`);
        const stop = (event: TrainEvent) => event.kind === 'step' && event.step === last;
        expect(await trainUntil(stop, { recipe, data, folder: broken })).toBe('interrupted');
        const resumed = await train({ recipe, data, folder: broken, resume: true });
        expect(resumed.evaluation?.error).toMatchObject({
          classificationLoss: evaluation!.error.classificationLoss,
        });
        expect((await weightsOf(broken)).equals(await weightsOf(straight))).toBe(true);
        expect(await logWithoutClock(broken)).toEqual(await logWithoutClock(straight));
      }
    });
  });

  it('does nothing more when a finished run is resumed', async () => {
    await inTemporaryFolder(async (folder) => {
      const recipe = tinyStaticRecipe({ epochs: 1 });
      await train({ recipe, data, folder });
      const weights = await weightsOf(folder);
      expect(await train({ recipe, data, folder, resume: true })).toMatchObject({
        status: 'finished',
        step: 4,
      });
      expect((await weightsOf(folder)).equals(weights)).toBe(true);
      expect(await readMetrics(folder)).toHaveLength(5);
    });
  });

  it('falls back from a damaged checkpoint with a warning, to the same end', async () => {
    await inTemporaryFolder(async (folder) => {
      const recipe = tinyStaticRecipe({ epochs: 2 });
      await train({ recipe, data, folder });
      const weights = await weightsOf(folder);
      const log = await logWithoutClock(folder);
      const latest = join(folder, 'checkpoints', 'step-00000008');
      const bytes = await readFile(join(latest, 'weights.safetensors'));
      bytes[1000]! ^= 4;
      await writeFile(join(latest, 'weights.safetensors'), bytes);
      await expect(loadRun(folder, { step: 8 })).rejects.toMatchObject({ code: 'DMNN_CHECKPOINT' });
      const warnings: string[] = [];
      await train({
        recipe,
        data,
        folder,
        resume: true,
        onProgress: (event) => {
          if (event.kind === 'warning') warnings.push(event.message);
        },
      });
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(
        /step-00000008 is damaged \(weights.*SHA-256.*going on from .*step-00000004/,
      );
      expect((await weightsOf(folder)).equals(weights)).toBe(true);
      expect(await logWithoutClock(folder)).toEqual(log);

      for (const step of ['step-00000004', 'step-00000008']) {
        await truncate(join(folder, 'checkpoints', step, 'state.json'), 5);
      }
      await expect(train({ recipe, data, folder, resume: true })).rejects.toMatchObject({
        code: 'DMNN_CHECKPOINT',
      });
    });
  });

  it('refuses a folder with a run, and to resume another one, naming all differences', async () => {
    await inTemporaryFolder(async (folder) => {
      await train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder });
      await expect(train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder })).rejects.toMatchObject({
        code: 'DMNN_RUN_EXISTS',
      });
      const other = train({
        recipe: tinyStaticRecipe({ epochs: 2, seed: 5 }),
        data: { ...data, test: tinyDataset('test', 4) },
        folder,
        resume: true,
      });
      await expect(other).rejects.toThrow(
        /recipe.seed: 1 then, 5 now\n {2}recipe.epochs: 1 then, 2 now\n {2}data.test.size: 12 then, 4 now/,
      );
    });
  });

  it('starts with a warning where there is nothing to resume', async () => {
    await inTemporaryFolder(async (folder) => {
      const warnings: string[] = [];
      const result = await train({
        recipe: tinyStaticRecipe({ epochs: 1 }),
        data,
        folder: join(folder, 'new'),
        resume: true,
        onProgress: (event) => {
          if (event.kind === 'warning') warnings.push(event.message);
        },
      });
      expect(result.status).toBe('finished');
      expect(warnings).toEqual([expect.stringContaining('there is no run to resume')]);
    });
  });

  it('warns of another environment, names both and writes it into the log', async () => {
    await inTemporaryFolder(async (folder) => {
      const recipe = tinyStaticRecipe({ epochs: 2 });
      await trainUntil((event) => event.kind === 'epoch', { recipe, data, folder, backend: { threads: 1 } });
      const warnings: string[] = [];
      await train({
        recipe,
        data,
        folder,
        resume: true,
        backend: { threads: 2 },
        onProgress: (event) => {
          if (event.kind === 'warning') warnings.push(event.message);
        },
      });
      expect(warnings).toEqual([expect.stringContaining('threads: 1 then, 2 now')]);
      expect((await readMetrics(folder))[5]).toEqual({
        kind: 'environment',
        step: 4,
        differences: ['threads: 1 then, 2 now'],
      });
    });
  });

  it('lets no second trainer in', async () => {
    await inTemporaryFolder(async (folder) => {
      const recipe = tinyStaticRecipe({ epochs: 1 });
      let second: Promise<unknown> | undefined;
      await train({
        recipe,
        data,
        folder,
        onProgress: () => {
          second ??= train({ recipe, data, folder, resume: true }).catch((error: unknown) => error);
        },
      });
      expect(await second).toMatchObject({ code: 'DMNN_RUN_LOCKED' });
    });
  });

  it('leaves the checkpoint before as it was when the disk is full, and goes on once there is room', async () => {
    await inTemporaryFolder(async (folder) => {
      const recipe = tinyStaticRecipe({ epochs: 2 });
      const [straight, full] = [join(folder, 'a'), join(folder, 'b')];
      await train({ recipe, data, folder: straight });
      const disk = failingFileSystem(
        nodeFileSystem,
        'ENOSPC',
        (operation, path) =>
          operation === 'writeFile' &&
          path.includes('step-00000008') &&
          path.endsWith('optimizer.safetensors'),
      );
      const run = train({ recipe, data, folder: full, fileSystem: disk });
      await expect(run).rejects.toMatchObject({ code: 'DMNN_DISK_FULL', folder: full });
      const { network, checkpoint } = await loadRun(full, { which: 'latest' });
      network.dispose();
      expect(checkpoint.step).toBe(4);
      await train({ recipe, data, folder: full, resume: true });
      expect((await weightsOf(full)).equals(await weightsOf(straight))).toBe(true);
      expect(await logWithoutClock(full)).toEqual(await logWithoutClock(straight));
    });
  });

  it('finds a folder that cannot be written to before the first step', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, 'file');
      await writeFile(file, 'no folder');
      const events: TrainEvent[] = [];
      const options = {
        recipe: tinyStaticRecipe(),
        data,
        onProgress: (event: TrainEvent) => events.push(event),
      };
      await expect(train({ ...options, folder: join(file, 'run') })).rejects.toMatchObject({
        code: 'DMNN_RUN_FOLDER',
      });
      const readOnly = failingFileSystem(nodeFileSystem, 'EROFS', (operation) => operation === 'writeFile');
      await expect(train({ ...options, folder, fileSystem: readOnly })).rejects.toMatchObject({
        code: 'DMNN_RUN_FOLDER',
      });
      expect(events).toEqual([]);
      expect(await readdir(folder)).toEqual(['file']);
    });
  });

  it('copies the best one after a kill between its checkpoint and the copy', async () => {
    await inTemporaryFolder(async (folder) => {
      const recipe = tinyStaticRecipe({ epochs: 1 });
      const disk = failingFileSystem(
        nodeFileSystem,
        'EIO',
        (operation, path) => operation === 'makeFolder' && path.endsWith('best'),
      );
      await expect(train({ recipe, data, folder, fileSystem: disk })).rejects.toMatchObject({
        code: 'DMNN_RUN_FOLDER',
      });
      expect(await nodeFileSystem.list(join(folder, 'best'))).toEqual([]);
      await train({ recipe, data, folder, resume: true });
      expect(await readdir(join(folder, 'best'))).toEqual(['step-00000004']);
    });
  });

  it('names the term, the step and the block of a NaN, and keeps the checkpoints', async () => {
    await inTemporaryFolder(async (folder) => {
      const recipe = tinyRecipe({ learningRate: { kind: 'constant', from: 1e30 } });
      await expect(train({ recipe, data, folder })).rejects.toMatchObject({
        code: 'DMNN_NAN',
        details: {
          step: expect.any(Number),
          term: expect.stringMatching(/./),
          block: expect.stringMatching(/^(stem|stage\d\.block\d|head)$/),
        },
      });
      expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toEqual([]);
    });
  });

  it.each([
    [{ gating: null }, /gating: expected settings, since dmnn-cifar-resnet8-0.25-n2 has 3 gated blocks/],
    [{ model: { name: 'cifar-resnet8-0.25' } }, /gating: expected null/],
    [{ batchSize: 17 }, /batchSize: expected at most the 16 training images, got 17/],
    [
      { gating: { targetRate: 0.5, category: { weights: [1] } } },
      /gating.category.weights: expected 3 numbers/,
    ],
  ])('refuses a recipe that does not go with model and data: %o', async (changes, message) => {
    await inTemporaryFolder(async (folder) => {
      await expect(train({ recipe: tinyRecipe(changes), data, folder })).rejects.toThrow(message);
    });
  });

  it('refuses a split without images before the first step', async () => {
    const events: TrainEvent[] = [];
    const test = { ...data.test, size: 0 };
    const options = {
      recipe: tinyStaticRecipe(),
      folder: '/nowhere',
      onProgress: (event: TrainEvent) => events.push(event),
    };
    await expect(train({ ...options, data: { ...data, test } })).rejects.toThrow(
      /data\.test: expected at least one image, got none/,
    );
    await expect(
      train({ ...options, data: { train: { ...data.train, size: 0 }, test: data.test } }),
    ).rejects.toThrow(/data\.train: expected at least one image, got none/);
    expect(events).toEqual([]);
  });

  it('refuses training and test data of different kinds', async () => {
    const test = { ...data.test, classes: 5 };
    await expect(
      train({ recipe: tinyStaticRecipe(), data: { ...data, test }, folder: '/nowhere' }),
    ).rejects.toThrow(/data: expected one classes for training and test, got 4 and 5/);
  });
});
