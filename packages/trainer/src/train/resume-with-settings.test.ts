import { cp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { type Recipe, readMetrics, recipeAt } from '@dmnn/runs';
import { readCheckpoint, readRunConfig, writeCheckpoint } from '@dmnn/runs/internal';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { readSafetensors, writeSafetensors } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import { logWithoutClock } from '../fixtures/log-without-clock.js';
import { tinyRecipe, tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import { loadRun } from '../run/load-run.js';
import { train } from '../train.js';
import type { TrainEvent } from './train-events.js';
import type { TrainOptions } from './train-with.js';

const data = { train: tinyDataset('train', 16), test: tinyDataset('test', 8) };

/** Four steps an epoch. */
function recipeOf(from = 0.05, changes: Readonly<Record<string, unknown>> = {}): Recipe {
  return tinyStaticRecipe({
    learningRate: { kind: 'constant', from },
    checkpoints: { everySteps: 1, keep: 20 },
    ...changes,
  });
}

function run(folder: string, recipe: Recipe, more: Partial<TrainOptions> = {}): ReturnType<typeof train> {
  return train({ recipe, data, folder, resume: true, ...more });
}

/** Trains until a step is done. */
async function runUntil(step: number, folder: string, recipe: Recipe): Promise<void> {
  const controller = new AbortController();
  const onProgress = (event: TrainEvent): void => {
    if (event.kind === 'step' && event.step === step) controller.abort();
  };
  const result = await run(folder, recipe, { signal: controller.signal, onProgress });
  expect(result).toMatchObject({ status: 'interrupted', step });
}

/** Weights and velocities of its latest checkpoint, and the log. */
async function resultOf(folder: string): Promise<unknown> {
  const { checkpoint, network } = await loadRun(folder, { which: 'latest' });
  network.dispose();
  const files = await readCheckpoint(checkpoint.path, nodeFileSystem);
  const sums = ['weights.safetensors', 'optimizer.safetensors'].map((name) =>
    Buffer.from(files.get(name)!).toString('base64'),
  );
  return { step: checkpoint.step, sums, log: await logWithoutClock(folder) };
}

/** Every file below a folder with its bytes. */
async function filesIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.sort().map(async (file) => [file, await readFile(file, 'base64')] as const)),
  );
}

const damage = (folder: string, step: number): Promise<void> =>
  writeFile(join(folder, 'checkpoints', `step-${String(step).padStart(8, '0')}`, 'state.json'), 'x');

describe('train, resumed with changed settings', () => {
  it('takes what only steers, keeps it by the step, and is the same run if it is killed and resumed', async () => {
    await inTemporaryFolder(async (folder) => {
      const [straight, killed, unchanged] = ['a', 'b', 'c'].map((name) => join(folder, name)) as [string, string, string]; // prettier-ignore
      const slower = recipeOf(0.01, { epochs: 3, log: { everySteps: 2 } });
      for (const one of [straight, killed]) await runUntil(3, one, recipeOf());
      const messages: string[] = [];
      await run(straight, slower, {
        onProgress: (event) => {
          if (event.kind === 'warning') messages.push(event.message);
        },
      });
      expect(messages).toEqual([
        'settings changed after step 3: epochs: 2 then, 3 now; learningRate.from: 0.05 then, 0.01 now; log.everySteps: 1 then, 2 now',
      ]);
      await runUntil(4, killed, slower); // at the end of an epoch, before its evaluation
      await runUntil(6, killed, slower);
      await run(killed, slower);
      expect(await resultOf(killed)).toEqual(await resultOf(straight));
      expect(await resultOf(straight)).toMatchObject({ step: 12 });

      const config = await readRunConfig(straight, nodeFileSystem);
      expect(config?.changes).toEqual([{ fromStep: 3, recipe: slower }]);
      expect(config?.recipe).toEqual(recipeOf());
      const rates = (await readMetrics(straight)).flatMap((record) => record.kind === 'step' ? [[record.step, record.learningRate]] : []); // prettier-ignore
      expect(rates).toEqual([[1, 0.05], [2, 0.05], [3, 0.05], [5, 0.01], [7, 0.01], [9, 0.01], [11, 0.01]]); // prettier-ignore
      for (const options of [{ step: 2 }, { step: 3 }, { step: 4 }, {}, { which: 'latest' }] as const) {
        (await loadRun(straight, options)).network.dispose();
      }
      await run(unchanged, recipeOf());
      expect(await readFile(join(unchanged, 'config.json'), 'utf8')).not.toContain('changes');
    });
  });

  it('trains a finished run for more epochs, by the new settings’ schedule', async () => {
    await inTemporaryFolder(async (folder) => {
      const cosine = (epochs: number): Recipe =>
        recipeOf(0, { epochs, learningRate: { kind: 'cosine', from: 0.05 } });
      await run(folder, cosine(1));
      expect(await run(folder, cosine(2))).toMatchObject({ status: 'finished', step: 8, steps: 8 });
      const rates = (await readMetrics(folder)).flatMap((record) =>
        record.kind === 'step' ? [record.learningRate] : [],
      );
      const half = (progress: number): number => 0.025 * (1 + Math.cos(Math.PI * progress));
      for (let step = 0; step < 8; step++)
        expect(rates[step]).toBeCloseTo(half(step < 4 ? step / 4 : step / 8), 10);
      await expect(run(folder, cosine(1))).rejects.toThrow(
        /epochs: expected at least 2, of which 2 are done, got 1/,
      );
    });
  });

  it('refuses what makes another run by name, and says which of the differences may stay', async () => {
    await inTemporaryFolder(async (folder) => {
      await runUntil(1, folder, recipeOf());
      const before = await filesIn(folder);
      await expect(run(folder, recipeOf(0.01, { seed: 2 }))).rejects.toMatchObject({
        code: 'DMNN_RUN_EXISTS',
        message: expect.stringMatching(
          /recipe\.seed: 1 then, 2 now\n {2}recipe\.learningRate\.from: 0\.05 then, 0\.01 now\n.*may be resumed with another learningRate\.from\./,
        ) as string,
      });
      for (const changes of [{ batchSize: 8 }, { optimiser: { momentum: 0.5 } }, { augmentation: 'none' }])
        await expect(run(folder, recipeOf(0.05, changes))).rejects.toMatchObject({ code: 'DMNN_RUN_EXISTS' });
      await expect(run(folder, recipeOf(0.01), { sameSettings: true })).rejects.toMatchObject({
        code: 'DMNN_RUN_EXISTS',
      });
      expect(await filesIn(folder)).toEqual(before);
    });
  });

  it('falls back to before a change without it, and what was saved with it stays readable', async () => {
    await inTemporaryFolder(async (folder) => {
      await runUntil(3, folder, recipeOf());
      await run(folder, recipeOf(0.01)); // best is of step 4 or 8
      for (let step = 3; step <= 8; step++) await damage(folder, step);
      await runUntil(3, folder, recipeOf(0.002));
      const config = await readRunConfig(folder, nodeFileSystem);
      expect(config?.changes).toEqual([{ fromStep: 2, recipe: recipeOf(0.002) }]);
      expect(recipeAt(config!, 2)).toEqual(recipeOf());
      const best = await loadRun(folder);
      best.network.dispose();
      expect(best.checkpoint.path).toContain('best');
      expect(await run(folder, recipeOf(0.002))).toMatchObject({ status: 'finished', step: 8 });
      (await loadRun(folder)).network.dispose();
    });
  });

  it('does not hold gates open again that decide by then, and says how', async () => {
    await inTemporaryFolder(async (folder) => {
      const held = (epochs: number, gatesOpenUntil: number): Recipe =>
        tinyRecipe({ epochs, gating: { targetRate: 0.6, openingRate: 0.7, gatesOpenUntil } });
      await run(folder, held(2, 0.5));
      await expect(run(folder, held(8, 0.5))).rejects.toMatchObject({
        code: 'DMNN_RECIPE',
        message: expect.stringContaining('Add --set gating.gatesOpenUntil=0.25') as string,
      });
      expect(await run(folder, held(3, 0.25))).toMatchObject({ status: 'finished', step: 12 });
    });
  });

  it('lets held gates decide at once where the new settings say so', async () => {
    await inTemporaryFolder(async (folder) => {
      const held = (gatesOpenUntil: number): Recipe =>
        tinyRecipe({ gating: { targetRate: 0.6, openingRate: 0.7, gatesOpenUntil } });
      await runUntil(4, folder, held(0.8));
      await run(folder, held(0.25));
      const steps = (await readMetrics(folder)).filter((record) => record.kind === 'step');
      expect(steps.slice(0, 4).map(({ executionRate }) => executionRate)).toEqual([1, 1, 1, 1]);
      expect(steps[4]?.executionRate).toBeLessThan(0.9); // opened again, at 0.7
    });
  });
});

describe('train, of a folder with a checkpoint of another run', () => {
  it.each([
    ['another seed', { seed: 2 }],
    ['another recipe', { labelSmoothing: 0.1 }],
  ])('refuses it by its fingerprint before anything is touched: %s', async (_, changes) => {
    await inTemporaryFolder(async (folder) => {
      const [own, other] = [join(folder, 'own'), join(folder, 'other')];
      await runUntil(2, own, recipeOf());
      await runUntil(3, other, recipeOf(0.05, changes));
      await cp(join(other, 'checkpoints', 'step-00000003'), join(own, 'checkpoints', 'step-00000003'), { recursive: true }); // prettier-ignore
      const before = await filesIn(own);
      const reads = [
        () => run(own, recipeOf()),
        () => run(own, recipeOf(0.01)),
        () => loadRun(own, { which: 'latest' }),
      ];
      for (const read of reads)
        await expect(read()).rejects.toMatchObject({
          code: 'DMNN_CHECKPOINT',
          message: expect.stringContaining(
            'it was written by a run of another recipe, model or data',
          ) as string,
        });
      expect(await filesIn(own)).toEqual(before);
    });
  });

  it('refuses the best network of another run, and a checkpoint of another step', async () => {
    await inTemporaryFolder(async (folder) => {
      const [own, other] = [join(folder, 'own'), join(folder, 'other')];
      await runUntil(2, own, recipeOf());
      await run(other, recipeOf(0.05, { epochs: 1, seed: 2 }));
      await cp(join(other, 'best'), join(own, 'best'), { recursive: true });
      await expect(run(own, recipeOf())).rejects.toMatchObject({ code: 'DMNN_CHECKPOINT' });
      await rename(join(own, 'best'), join(folder, 'elsewhere'));
      await rename(join(own, 'checkpoints', 'step-00000002'), join(own, 'checkpoints', 'step-00000007'));
      await expect(run(own, recipeOf())).rejects.toThrow(/it was written after step 2, not 7/);
    });
  });
});

describe('train, when numbers are no longer finite', () => {
  const finite = async (folder: string): Promise<boolean> => {
    const { checkpoint, network } = await loadRun(folder, { which: 'latest' });
    network.dispose();
    const files = await readCheckpoint(checkpoint.path, nodeFileSystem);
    return ['weights.safetensors', 'optimizer.safetensors'].every((name) =>
      [...readSafetensors(files.get(name)!).values()].every(({ data: numbers }) =>
        [...(numbers as Float32Array)].every(Number.isFinite),
      ),
    );
  };

  it('saves none of them, and the remedy that it names works, from the last checkpoint', async () => {
    await inTemporaryFolder(async (folder) => {
      await runUntil(2, folder, recipeOf());
      const broken = run(folder, recipeOf(1e30));
      await expect(broken).rejects.toMatchObject({
        code: 'DMNN_NAN',
        details: { block: expect.stringMatching(/^(stem|stage\d\.block\d|head)$/) as string },
        message: expect.stringMatching(
          /The last checkpoint, of step \d, is finite and stays\. Resume with a lower rate: --resume --set learningRate\.from=0\.1 \(now 1e\+30\)\.$/,
        ) as string,
      });
      expect(await finite(folder)).toBe(true);
      expect(await readdir(folder)).not.toContain('lock');
    });
  });

  it.each([
    ['in the evaluation at the end of an epoch', undefined],
    ['when it is interrupted', 1],
  ])('saves none of them %s, and begins again with a lower rate', async (_, abortAt) => {
    await inTemporaryFolder(async (folder) => {
      const once = (from: number, weightDecay: number): Recipe =>
        recipeOf(from, { batchSize: 16, checkpoints: { everySteps: 0 }, optimiser: { weightDecay } });
      const controller = new AbortController();
      const broken = run(folder, once(1e10, 1e30), {
        signal: controller.signal,
        onProgress: (event) => {
          if (event.kind === 'step' && event.step === abortAt) controller.abort();
        },
      });
      await expect(broken).rejects.toMatchObject({
        code: 'DMNN_NAN',
        message: expect.stringMatching(
          /There is no checkpoint yet\. Resume with a lower rate: --resume --set learningRate\.from=0\.1 .* or --set learningRate\.warmUpEpochs=1 \(now 0\)\.$/,
        ) as string,
      });
      expect(await nodeFileSystem.list(join(folder, 'checkpoints'))).toEqual([]);
      expect(await nodeFileSystem.list(join(folder, 'best'))).toEqual([]);
      expect(await run(folder, once(0.01, 0))).toMatchObject({ status: 'finished', step: 2 });
      expect(await finite(folder)).toBe(true);
      expect((await readRunConfig(folder, nodeFileSystem))?.changes).toMatchObject([{ fromStep: 0 }]);
    });
  });

  it.each(['weights.safetensors', 'optimizer.safetensors'])(
    'passes over a checkpoint that an older version saved with them in %s',
    async (name) => {
      await inTemporaryFolder(async (folder) => {
        await runUntil(3, folder, recipeOf());
        const path = join(folder, 'checkpoints', 'step-00000003');
        const files = new Map(await readCheckpoint(path, nodeFileSystem));
        const tensors = new Map(readSafetensors(files.get(name)!));
        const [first, tensor] = [...tensors][0]!;
        tensor.data[0] = NaN;
        files.set(name, writeSafetensors(tensors.set(first, tensor)));
        await rm(path, { recursive: true });
        await writeCheckpoint(path, files, nodeFileSystem);
        const warnings: string[] = [];
        const result = await run(folder, recipeOf(), {
          onProgress: (event) => {
            if (event.kind === 'warning') warnings.push(event.message);
          },
        });
        expect(result.status).toBe('finished');
        expect(warnings[0]).toMatch(/step-00000003 is damaged \(.*expected finite numbers, got NaN or infinity.*going on from .*step-00000002/); // prettier-ignore
      });
    },
  );
});
