import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { countNetwork } from '@dmnn/flops';
import { readSafetensors, variableSpecs } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.js';
import { type Recipe, openNetworkData, readMetrics } from '@dmnn/runs';
import { channelGroups } from '../baselines/pruning/channel-groups.js';
import { removeChannels } from '../baselines/pruning/remove-channels.js';
import { loadRun } from '../run/load-run.js';
import { logWithoutClock } from '../fixtures/log-without-clock.js';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { tinyRecipe, tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import type { TrainEvent } from './train-events.js';
import { train } from '../train.js';

const data = { train: tinyDataset('train', 16), test: tinyDataset('test', 12) };
const pruning = { macsRatio: 0.7, channelsPerRound: 4, stepsPerRound: 2, batchSize: 4 };

function prunedRecipe(changes: Readonly<Record<string, unknown>> = {}): Recipe {
  return tinyStaticRecipe({ epochs: 1, pruning, ...changes });
}

/** A short run of the whole network, and a folder for another. */
async function withWholeRun(body: (from: string, folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (root) => {
    const from = join(root, 'whole');
    await train({ recipe: tinyStaticRecipe({ epochs: 1 }), data, folder: from });
    await body(from, join(root, 'pruned'));
  });
}

/** What the latest checkpoint holds. */
async function weightBytes(folder: string): Promise<Buffer> {
  const { network, checkpoint } = await loadRun(folder, { which: 'latest' });
  network.dispose();
  return readFile(join(checkpoint.path, 'weights.safetensors'));
}

/** What the channel saves that costs most. */
async function largestChannelMacs(folder: string): Promise<number> {
  const model = await openNetworkData(folder);
  const whole = countNetwork(model.architecture, { imageSizePx: 8 }).macs;
  const savings = channelGroups(model.architecture).map(({ path }) => {
    const { architecture } = removeChannels(model, new Map([[path, [0]]]), 'less');
    return whole - countNetwork(architecture, { imageSizePx: 8 }).macs;
  });
  return Math.max(...savings);
}

describe('train with pruning', () => {
  it('prunes to the wanted cost, then trains and evaluates what is left, which the run folder has', async () => {
    await withWholeRun(async (from, folder) => {
      const events: TrainEvent[] = [];
      const result = await train({
        ...{ recipe: prunedRecipe(), data, folder, from },
        onProgress: (event) => events.push(event),
      });
      const { config, network } = await loadRun(folder, { which: 'latest' });
      const whole = (await openNetworkData(from)).architecture;
      const { macs, parameters } = countNetwork(config.architecture, { imageSizePx: 8 });
      const wholeMacs = countNetwork(whole, { imageSizePx: 8 }).macs;
      expect(macs).toBeLessThanOrEqual(0.7 * wholeMacs);
      expect(macs).toBeGreaterThan(0.7 * wholeMacs - (await largestChannelMacs(from)));
      expect(config.architecture).toMatchObject({ name: 'cifar-resnet8-0.25-pruned', undivided: whole });
      expect(config.start).toMatchObject({ model: 'cifar-resnet8-0.25', step: 4 });

      const rounds = events.filter((event) => event.kind === 'pruning');
      const last = rounds.at(-1)!;
      expect(rounds.map(({ round }) => round)).toEqual(rounds.map((_, i) => i + 1));
      expect(last).toMatchObject({ macs, parameters, macsRatio: macs / wholeMacs });
      const { kind, ...pruned } = last;
      expect(kind).toBe('pruning');
      expect(events.find((event) => event.kind === 'begun')).toMatchObject({ pruned });
      const [start] = await readMetrics(folder);
      expect(start).toMatchObject({ kind: 'start', pruned, evaluation: { macsRatio: macs / wholeMacs } });

      const evaluation = await evaluate({ network, dataset: data.test });
      network.dispose();
      expect(evaluation.cost).toMatchObject({ meanMacs: macs, macsRatio: macs / wholeMacs });
      expect(evaluation.error.predictions).toEqual(result.evaluation?.error.predictions);
      // the trained network is another than the one that pruning left
      const startWeights = readSafetensors(
        await readFile(join(folder, 'start', 'step-00000000', 'weights.safetensors')),
      );
      expect([...startWeights.keys()].sort()).toEqual(variableSpecs(config.architecture).map(({ name }) => name).sort()); // prettier-ignore
      const { weights } = await openNetworkData(folder);
      expect(weights.get('head.linear.weight')).not.toEqual(startWeights.get('head.linear.weight'));
    });
  });

  it('resumed without the other run and killed at any step, gives the same bits, with a teacher too', async () => {
    await withWholeRun(async (from, folder) => {
      const recipe = prunedRecipe({
        epochs: 2,
        fineTuning: { distillation: { temperature: 2, weight: 0.5 } },
        checkpoints: { everySteps: 1 },
      });
      const other = `${folder}-whole`;
      await train({ recipe, data, folder: other, from });

      for (const stopAt of [0, 3]) {
        const controller = new AbortController();
        await train({
          ...{ recipe, data, folder, from, resume: true, signal: controller.signal },
          onProgress: (event) => {
            const isTime = stopAt === 0 ? event.kind === 'begun' : event.kind === 'step' && event.step === stopAt;
            if (isTime) controller.abort();
          },
        }); // prettier-ignore
      }
      await rm(from, { recursive: true });
      const { status } = await train({ recipe, data, folder, resume: true });
      expect(status).toBe('finished');
      expect((await weightBytes(folder)).equals(await weightBytes(other))).toBe(true);
      expect(await logWithoutClock(folder)).toEqual(await logWithoutClock(other));
      expect(await readdir(join(folder, 'start', 'step-00000000'))).toEqual([
        'manifest.json',
        'pruning.json',
        'teacher.json',
        'teacher.safetensors',
        'weights.safetensors',
      ]);
      // the teacher is the whole network
      const teacher = JSON.parse(
        await readFile(join(folder, 'start', 'step-00000000', 'teacher.json'), 'utf8'),
      ) as { name: string };
      expect(teacher.name).toBe('cifar-resnet8-0.25');
    });
  });

  it('refuses rounds of more images than there are, by the setting’s name', async () => {
    await withWholeRun(async (from, folder) => {
      const recipe = prunedRecipe({ pruning: { ...pruning, batchSize: 17 } });
      await expect(train({ recipe, data, folder, from })).rejects.toThrow(
        'pruning.batchSize: expected at most the 16 training images, got 17',
      );
    });
  });

  it('stopped while it prunes, leaves no run, and begins again to the same bits', async () => {
    await withWholeRun(async (from, folder) => {
      const recipe = prunedRecipe();
      const other = `${folder}-whole`;
      await train({ recipe, data, folder: other, from });

      const controller = new AbortController();
      const warnings: string[] = [];
      const stopped = await train({
        ...{ recipe, data, folder, from, signal: controller.signal },
        onProgress: (event) => {
          if (event.kind === 'pruning') controller.abort();
          if (event.kind === 'warning') warnings.push(event.message);
        },
      });
      expect(stopped).toEqual({ status: 'interrupted', folder, step: 0, steps: 4, best: null });
      expect(warnings.join()).toContain('it has to begin again');
      expect(await readdir(folder)).not.toContain('config.json');
      await expect(train({ recipe, data, folder, resume: true })).rejects.toThrow(
        /pruning: expected a run to start from/,
      );
      await train({ recipe, data, folder, from, resume: true });
      expect((await weightBytes(folder)).equals(await weightBytes(other))).toBe(true);
    });
  });

  it('leaves nothing for another run, if it was killed between the pruned network and the run', async () => {
    await withWholeRun(async (from, folder) => {
      await train({ recipe: prunedRecipe(), data, folder, from });
      for (const name of ['config.json', 'checkpoints', 'best', 'metrics.jsonl'])
        await rm(join(folder, name), { recursive: true });
      const whole = tinyStaticRecipe({ epochs: 1, learningRate: { kind: 'constant', from: 0 } });
      await train({ recipe: whole, data, folder, from });
      const [before, after] = [await openNetworkData(from), await openNetworkData(folder)];
      expect(after.weights.get('head.linear.weight')).toEqual(before.weights.get('head.linear.weight'));
    });
  });

  it('does not prune again for a run that is another', async () => {
    await withWholeRun(async (from, folder) => {
      const recipe = prunedRecipe();
      await train({ recipe, data, folder, from });
      const pruned: TrainEvent[] = [];
      const onProgress = (event: TrainEvent): void => {
        if (event.kind === 'pruning') pruned.push(event);
      };
      await expect(train({ recipe, data, folder, from, onProgress })).rejects.toThrow(
        /expected a folder without a run/,
      );
      const less = prunedRecipe({ pruning: { ...pruning, macsRatio: 0.5 } });
      await expect(train({ recipe: less, data, folder, from, resume: true, onProgress })).rejects.toThrow(
        /recipe\.pruning\.macsRatio: 0\.7 then, 0\.5 now/,
      );
      expect(pruned).toEqual([]);
      await rm(join(folder, 'start'), { recursive: true });
      await expect(train({ recipe, data, folder, from, resume: true })).rejects.toThrow(
        /expected the weights that the run begins with in start\/, got none: they were removed/,
      );
    });
  });

  it('needs a trained network, without gates, of the recipe’s model', async () => {
    await withWholeRun(async (from, folder) => {
      await expect(train({ recipe: prunedRecipe(), data, folder })).rejects.toThrow(
        /pruning: expected a run to start from \(from, or --from RUN\), got none/,
      );
      const wider = prunedRecipe({ model: { name: 'cifar-resnet8-0.5' } });
      await expect(train({ recipe: wider, data, folder, from })).rejects.toThrow(
        /expected the network of the run to start from, cifar-resnet8-0\.25/,
      );
      const gated = { ...tinyRecipe(), gating: null, pruning: prunedRecipe().pruning };
      await expect(train({ recipe: gated, data, folder, from })).rejects.toThrow(
        /pruning: expected none, since dmnn-cifar-resnet8-0\.25-n2 has gated blocks/,
      );
      await expect(
        train({ recipe: prunedRecipe({ pruning: { ...pruning, macsRatio: 0.01 } }), data, folder, from }),
      ).rejects.toThrow(/macsRatio: expected what can be reached/);
    });
  });
});
