import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { slimmable } from '@dmnn/backbones';
import { type Batch, trainingBatches } from '@dmnn/data';
import { likeliest } from '@dmnn/gating';
import { classificationLoss } from '@dmnn/losses';
import { type Network, createNetwork } from '@dmnn/network';
import { inTemporaryFolder, maxAbsoluteDifference, maxRelativeDifference, tinyDataset } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { evaluate } from '../../evaluate/evaluate.js';
import type { Recipe } from '@dmnn/runs';
import { loadRun } from '../../run/load-run.js';
import { tinyStaticRecipe } from '../../fixtures/tiny-recipe.js';
import { type Learner, createLearner, decaysBy } from '../../train/learner.js';
import { train } from '../../train.js';
import type { NarrowNetwork } from './narrow-network.js';
import { type SlimmableNetworks, slimmableNetworks } from './slimmable-networks.js';
import { computeStep } from '../../train/training-step.js';
import { narrowWeights, slicedWeights } from '@dmnn/weights';

const data = { train: tinyDataset('train', 16), test: tinyDataset('test', 12) };
const widths = [0.25, 0.5, 1];
const learners: Learner[] = [];

afterEach(() => {
  for (const { network, companions } of learners.splice(0)) {
    network.dispose();
    companions?.dispose();
  }
});

function recipeOf(name: string, more: Record<string, unknown> = {}): Recipe {
  return tinyStaticRecipe({ model: { name }, slimmable: { widths }, ...more });
}

function narrowOf({ companions }: Learner): readonly NarrowNetwork[] {
  return (companions as SlimmableNetworks).narrow;
}

/** Gives each batch norm different values, as after training. */
function learnerOf(name: string): Learner {
  const { networks } = slimmable(name, { widths, classes: 4, imageSizePx: 8 });
  const network = createNetwork(networks.at(-1)!, { seed: 3 });
  const companions = slimmableNetworks(network, recipeOf(name), data.train);
  const learner = createLearner(network, recipeOf(name), data.train, { companions });
  learners.push(learner);
  for (const [i, one] of [...narrowOf(learner).map((each) => each.network), network].entries()) {
    for (const [variableName, variable] of one.variables) {
      if (!/gamma|beta|moving/.test(variableName)) continue;
      tf.tidy(() => {
        const noise = tf.randomUniform(variable.shape, 0.5, 1.5, 'float32', i + variableName.length);
        variable.assign(variableName.endsWith('beta') ? tf.sub(noise, 1) : noise);
      });
    }
  }
  return learner;
}

async function firstBatch(): Promise<Batch> {
  for await (const batch of trainingBatches(data.train, { batchSize: 4, seed: 1, epoch: 0, augment: 'none' }))
    return batch;
  throw new Error('no batch');
}

/**
 * A narrow width by another way: the widest network, all its weights as they are, with a batch norm that gives zeros in
 * the channels that the narrow one does not have. What is zero adds nothing to the layers after it.
 */
async function masked(learner: Learner, narrow: Network): Promise<Network> {
  const weights = new Map(await learner.network.weights());
  for (const [name, { shape, data: own }] of await narrow.weights()) {
    if (!/gamma|beta|moving/.test(name)) continue;
    const full = weights.get(name)!;
    const values = new Float32Array(full.shape[0]!).fill(name.endsWith('movingVariance') ? 1 : 0);
    values.set(own);
    expect(values.length).toBeGreaterThanOrEqual(shape[0]!);
    weights.set(name, { dtype: 'F32', shape: full.shape, data: values });
  }
  return createNetwork(learner.network.architecture, { seed: 0, weights });
}

const names = ['cifar-resnet8-0.5', 'mobilenetv2-0.25'];

describe('a narrow width', () => {
  it.each(names)('of %s is the widest network with zeros where it has no channels', async (name) => {
    const learner = learnerOf(name);
    const images = tf.randomNormal<tf.Rank.R4>([2, 8, 8, 3], 0, 1, 'float32', 5);
    for (const { network } of narrowOf(learner)) {
      const other = await masked(learner, network);
      const logits = (of: Network): number[] =>
        tf.tidy(() => [
          ...of
            .forward(images, { policy: likeliest, statistics: 'moving', execution: 'masked' })
            .logits.dataSync(),
        ]);
      expect(maxAbsoluteDifference(logits(network), logits(other))).toBeLessThan(1e-4);
      other.dispose();
    }
    images.dispose();
  });

  it('is an ordinary network with slices of the weights and batch norms of its own', async () => {
    const learner = learnerOf('cifar-resnet8-0.5');
    const [narrow] = narrowOf(learner);
    const { architecture } = narrow!.network;
    const own = new Map(
      [...(await narrow!.ownWeights())].map(([name, tensor]) => [name.replace('width0.5/', ''), tensor]),
    );
    const weights = narrowWeights(await learner.network.weights(), architecture, own);
    expect(weights).toEqual(await narrow!.network.weights());
    // a 3×3×16×16 filter of the widest has the narrow one's [y][x][i][o] where those stand in it
    const conv = 'stage2.block0.subblock0.unit1.weight';
    const [full, slice] = [(await learner.network.weights()).get(conv)!, weights.get(conv)!];
    expect([full.shape, slice.shape]).toEqual([
      [3, 3, 32, 32],
      [3, 3, 16, 16],
    ]);
    expect(slice.data[((1 * 3 + 2) * 16 + 5) * 16 + 7]).toBe(full.data[((1 * 3 + 2) * 32 + 5) * 32 + 7]);
  });

  it('cannot be cut out of a network that is narrower still', async () => {
    const { networks } = slimmable('cifar-resnet8', { widths: [0.5, 1] });
    const network = createNetwork(networks[0]!, { seed: 1 });
    const weights = await network.weights();
    network.dispose();
    expect(() => slicedWeights(weights, networks[1]!)).toThrow(
      'weights: expected stem.unit0.weight of at least [3, 3, 3, 16] for cifar-resnet8, got F32 [3, 3, 3, 8].',
    );
  });
});

describe('a step of a slimmable network', () => {
  it.each(names)('of %s has the gradient of the sum of all widths’ losses', async (name) => {
    const learner = learnerOf(name);
    const batch = await firstBatch();
    const expected = new Map<string, Float32Array>();
    let loss = 0;
    for (const narrow of [undefined, ...narrowOf(learner)]) {
      const network = narrow ? await masked(learner, narrow.network) : learner.network;
      const trainable = network.trainableNames.map((one) => network.variables.get(one)!);
      const { value, grads } = tf.variableGrads(() => {
        const images = tf.tensor4d(batch.images, batch.shape);
        const pass = network.forward(images, { policy: likeliest, statistics: 'batch', execution: 'masked' });
        return classificationLoss(pass.logits, batch.labels);
      }, trainable);
      loss += value.dataSync()[0]!;
      for (const own of network.trainableNames) {
        const gradient = grads[network.variables.get(own)!.name]!.dataSync() as Float32Array;
        const isNorm = /gamma|beta/.test(own);
        const key = narrow && isNorm ? narrow.name(own) : own;
        const channels = narrow?.network.variables.get(own)?.size ?? gradient.length;
        const values = isNorm ? gradient.slice(0, channels) : gradient;
        expected.set(
          key,
          (expected.get(key) ?? new Float32Array(values.length)).map((sum, i) => sum + values[i]!),
        );
      }
      tf.dispose([value, grads]);
      if (narrow) network.dispose();
    }
    const before = tf.memory().numTensors;
    const { values, gradients } = await computeStep(learner, batch, recipeOf(name), {
      step: 0,
      epoch: 0,
      progress: 0,
    });
    expect(tf.memory().numTensors).toBe(before + gradients.size);
    expect(values.loss.total).toBeCloseTo(loss, 4);
    expect([...gradients.keys()].sort()).toEqual([...learner.trainable.keys()].sort());
    const keys = [...expected.keys()];
    const flat = (of: (key: string) => ArrayLike<number>): number[] =>
      keys.flatMap((key) => Array.from(of(key)));
    expect(maxRelativeDifference(flat((key) => gradients.get(key)!.dataSync()), flat((key) => expected.get(key)!))).toBeLessThan(1e-3); // prettier-ignore
    tf.dispose([...gradients.values()]);
  });

  it('decays dense convolutions and the classifier alone', () => {
    const learner = learnerOf('mobilenetv2-0.25');
    const decays = decaysBy(['dense-convolution', 'linear'], learner);
    const decaying = [...learner.trainable].filter(([name]) => decays(name));
    for (const [name, { shape }] of decaying) {
      expect(name).toMatch(/weight$/);
      expect(shape.length === 2 || shape[2]! > 1).toBe(true);
    }
    const depthwise = [...learner.trainable].filter(([, { shape }]) => shape.length === 4 && shape[2] === 1);
    expect(depthwise).toHaveLength(17);
    expect(depthwise.some(([name]) => decays(name))).toBe(false);
  });
});

describe('train', () => {
  const recipe = recipeOf('cifar-resnet8-0.5', { epochs: 2 });

  it('comes to the same weights of all widths interrupted or not; each can be opened alone', async () => {
    await inTemporaryFolder(async (folder) => {
      const [straight, resumed] = [join(folder, 'a'), join(folder, 'b')];
      const before = tf.memory().numTensors;
      const result = await train({ recipe, data, folder: straight });
      expect(result.widths?.map(({ width }) => width)).toEqual([0.5, 0.25]);
      const controller = new AbortController();
      const onProgress = (event: { kind: string }): void => {
        if (event.kind === 'epoch') controller.abort();
      };
      await train({ recipe, data, folder: resumed, signal: controller.signal, onProgress });
      await train({ recipe, data, folder: resumed, resume: true });
      expect(tf.memory().numTensors).toBe(before);
      for (const file of ['weights.safetensors', 'widths.safetensors', 'optimizer.safetensors']) {
        const [a, b] = [straight, resumed].map((run) =>
          readFile(join(run, 'checkpoints/step-00000008', file)),
        );
        expect((await a)!.equals((await b)!)).toBe(true);
      }
      for (const reported of result.widths ?? []) {
        const { network, config } = await loadRun(straight, { which: 'latest', width: reported.width });
        expect(config.architecture).toEqual(network.architecture);
        const evaluation = await evaluate({ network, dataset: data.test });
        expect(evaluation.error.top1ErrorPercent).toBe(reported.top1ErrorPercent);
        expect(evaluation.error.classificationLoss).toBeCloseTo(reported.classificationLoss, 5);
        network.dispose();
      }
      await expect(loadRun(straight, { width: 0.3 })).rejects.toThrow(
        "width: expected one of the run's, 0.25, 0.5, 1, got 0.3.",
      );
    });
  });

  it('has no widths with gates', async () => {
    const gated = { ...recipe, model: { ...recipe.model, name: 'dmnn-cifar-resnet8-0.25-n2' } };
    await expect(train({ recipe: gated, data, folder: '/nowhere' })).rejects.toThrow(
      /slimmable: expected none/,
    );
  });
});
