import type { Architecture } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { type Batch, trainingBatches } from '@dmnn/data';
import { createNetwork } from '@dmnn/network';
import {
  maxAbsoluteDifference,
  maxRelativeDifference,
  registerReferenceKernels,
  tinyDataset,
} from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Recipe } from '@dmnn/runs';
import { tinyRecipe, tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import { withoutBatchNorm } from '../fixtures/without-batch-norm.js';
import { type Learner, createLearner } from './learner.js';
import { gateDecision } from '../gates/gate-decision.js';
import { gatingSchedule } from '../gates/gating-schedule.js';
import { type ComputedStep, computeStep } from './training-step.js';

const data = tinyDataset('train', 32);
const place = { step: 3, epoch: 1, progress: 0.1 };
const dynamic = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });
const still = createArchitecture('cifar-resnet8-0.25', { classes: 4, imageSizePx: 8 });
const learners: Learner[] = [];

afterEach(() => {
  for (const { network, heads } of learners.splice(0)) {
    network.dispose();
    heads?.dispose();
  }
});

function learnerOf(architecture: Architecture, recipe: Recipe): Learner {
  const network = createNetwork(architecture, { seed: 3, openingRate: 0.6 });
  const learner = createLearner(network, recipe, data);
  learners.push(learner);
  return learner;
}

async function firstBatch(batchSize: number): Promise<Batch> {
  for await (const batch of trainingBatches(data, { batchSize, seed: 1, epoch: 1, augment: 'none' }))
    return batch;
  throw new Error('no batch');
}

async function stepOf(learner: Learner, recipe: Recipe): Promise<ComputedStep> {
  return computeStep(trainedBy(recipe, learner), await firstBatch(recipe.batchSize), recipe, place);
}

/** The same learner with the gates of another recipe. */
function trainedBy({ gating }: Recipe, learner: Learner): Learner {
  const { architecture } = learner.network;
  return {
    ...learner,
    gating: gating ? gatingSchedule(gating, architecture) : undefined,
    decision: gating ? gateDecision(gating) : undefined,
  };
}

/** Relative to the largest gradient of any variable. */
function gradientDifference(a: ComputedStep, b: ComputedStep): number {
  const flat = ({ gradients }: ComputedStep): number[] =>
    [...gradients]
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .flatMap(([, gradient]) => Array.from(gradient.dataSync()));
  return maxRelativeDifference(flat(a), flat(b));
}

describe('computeStep', () => {
  it.each([
    ['with gates', dynamic, tinyRecipe()],
    ['without', still, tinyStaticRecipe()],
  ])(
    'is the same with our kernels as composed, and leaves as little behind: %s',
    async (_, architecture, recipe) => {
      const composed = await stepOf(learnerOf(architecture, recipe), recipe);
      const unregister = registerReferenceKernels();
      try {
        const learner = learnerOf(architecture, recipe);
        const before = tf.memory().numTensors;
        const fused = await stepOf(learner, recipe);
        expect(tf.memory().numTensors).toBe(before + fused.gradients.size);
        expect(gradientDifference(fused, composed)).toBeLessThan(1e-4);
        expect(fused.values.loss.total).toBeCloseTo(composed.values.loss.total, 5);
        expect(fused.values.gradientNorm / composed.values.gradientNorm).toBeCloseTo(1, 5);
      } finally {
        unregister();
      }
    },
  );

  it.each([1, 2])(
    'with no memory left says so, and leaves everything as it was: accumulation %i',
    async (accumulation) => {
      const recipe = { ...tinyRecipe(), accumulation };
      const learner = learnerOf(dynamic, recipe);
      const batch = await firstBatch(recipe.batchSize);
      const moving = () => [...learner.moving.values()].flatMap((each) => [...each.dataSync()]);
      const statistics = moving();
      const before = tf.memory().numTensors;
      const stock = tf.getKernel('Conv2DBackpropFilter', 'cpu');
      tf.unregisterKernel('Conv2DBackpropFilter', 'cpu');
      // the last gradient of the last part
      const perPart = [...learner.trainable.values()].filter(({ rank }) => rank === 4).length;
      let left = perPart * accumulation - 1;
      tf.registerKernel({
        ...stock,
        kernelFunc: (call) => {
          if (left-- === 0) throw new Error('Invalid TF_Status: 8\nMessage: OOM when allocating tensor');
          return stock.kernelFunc(call);
        },
      });
      try {
        await expect(computeStep(learner, batch, recipe, place)).rejects.toMatchObject({
          code: 'DMNN_OUT_OF_MEMORY',
          details: { batchSize: recipe.batchSize / accumulation },
        });
      } finally {
        tf.unregisterKernel('Conv2DBackpropFilter', 'cpu');
        tf.registerKernel(stock);
      }
      expect(left).toBe(-1);
      expect(tf.memory().numTensors).toBe(before);
      expect(moving()).toEqual(statistics);
    },
  );

  it('has a gradient for everything that is trained, and leaves nothing else behind', async () => {
    const recipe = tinyRecipe();
    const learner = learnerOf(dynamic, recipe);
    const before = tf.memory().numTensors;
    const { gradients, values } = await stepOf(learner, recipe);
    expect([...gradients.keys()]).toEqual([...learner.trainable.keys()]);
    expect(tf.memory().numTensors).toBe(before + gradients.size);
    tf.dispose([...gradients.values()]);
    expect(values.images).toBe(4);
    expect(values.executionRates).toHaveLength(3);
    expect(values.gradientNorm).toBeGreaterThan(0);
  });

  it('takes the likeliest gates and teaches none once gates have learned, the controllers’ states aside', async () => {
    const settings = { targetRate: 0.3, gatesLearnUntil: 0.1 };
    const learner = learnerOf(dynamic, tinyRecipe({ gating: settings }));
    const fixed = await stepOf(learner, tinyRecipe({ gating: settings }));
    const learning = await stepOf(
      learner,
      tinyRecipe({ gating: { ...settings, gatesLearnUntil: 0.2, noiseOffAfter: 0 } }),
    );
    expect(fixed.values.executionRates).toEqual(learning.values.executionRates); // those without noise
    const untaught = ({ gradients }: ComputedStep): string[] =>
      [...gradients]
        .filter(([, gradient]) => gradient.dataSync().every((value) => value === 0))
        .map(([name]) => name);
    const deciding = [...learner.trainable.keys()].filter((name) => name.includes('.controller.decide.'));
    expect(untaught(learning)).toEqual([]);
    expect(untaught(fixed)).toEqual(deciding);
    tf.dispose([fixed, learning].flatMap(({ gradients }) => [...gradients.values()]));
  });

  it('reports terms that follow from its rates by the formulas', async () => {
    const recipe = tinyRecipe({ gating: { targetRate: 0.25, resourceWeight: 3, bounds: { weight: 10 } } });
    const { values } = await stepOf(learnerOf(dynamic, recipe), recipe);
    const { loss, executionRates, flopsRate } = values;
    // Eq. 12: mean of squares; Eq. 14: one square; both times λ
    const squares = executionRates.map((rate) => (rate - 0.25) ** 2);
    expect(loss.executionRate).toBeCloseTo((3 * squares.reduce((sum, square) => sum + square)) / 3, 5);
    expect(loss.flops).toBeCloseTo(3 * (flopsRate - 0.25) ** 2, 5);
    // bounds [p·t, 1 − p·(1 − t)] with p = cos²(0.3·π/2)
    const upper = 1 - Math.cos((0.3 * Math.PI) / 2) ** 2 * 0.75;
    const above = executionRates.map((rate) => Math.max(0, rate - upper) ** 2);
    expect(loss.bounds).toBeCloseTo((10 * above.reduce((sum, square) => sum + square)) / 3, 5);
    expect(loss.total).toBeCloseTo(
      loss.classification + loss.category + loss.executionRate + loss.flops + loss.bounds,
      4,
    );
  });

  it.each([
    ['with gates', dynamic, tinyRecipe({ batchSize: 8, gating: { targetRate: 0.3, bounds: {} } })],
    ['without gates', still, tinyStaticRecipe({ batchSize: 8 })],
  ])(
    'in four parts has the gradient of the whole batch, without batch norm: %s',
    async (_, architecture, recipe) => {
      const learner = learnerOf(withoutBatchNorm(architecture), recipe);
      const whole = await stepOf(learner, recipe);
      const before = tf.memory().numTensors;
      const parts = await stepOf(learner, { ...recipe, accumulation: 4 });
      expect(tf.memory().numTensors).toBe(before + parts.gradients.size);
      // sums over images in another order: float32 rounding
      expect(gradientDifference(parts, whole)).toBeLessThan(1e-5);
      expect(
        maxAbsoluteDifference(Object.values(parts.values.loss), Object.values(whole.values.loss)),
      ).toBeLessThan(1e-5);
      expect(parts.values.executionRates).toEqual(whole.values.executionRates);
      expect(parts.values.flopsRate).toBeCloseTo(whole.values.flopsRate, 6);
      expect(parts.values.correct).toBe(whole.values.correct);
      tf.dispose([...whole.gradients.values(), ...parts.gradients.values()]);
    },
  );

  it('in parts without regard to the whole batch’s rates would have another gradient', async () => {
    // what the test above would not see if the loss on rates were small
    const recipe = tinyRecipe({ batchSize: 8, gating: { targetRate: 0.3, resourceWeight: 2 } });
    const learner = learnerOf(withoutBatchNorm(dynamic), recipe);
    const whole = await stepOf(learner, recipe);
    const without = await stepOf(learner, { ...recipe, gating: { ...recipe.gating!, resourceWeight: 0 } });
    expect(gradientDifference(without, whole)).toBeGreaterThan(0.01);
    tf.dispose([...whole.gradients.values(), ...without.gradients.values()]);
  });

  it('in parts normalises each part by its own statistics: close to the whole batch’s, not equal', async () => {
    const recipe = tinyRecipe({ batchSize: 16 });
    const whole = await stepOf(learnerOf(dynamic, recipe), recipe);
    const learner = learnerOf(dynamic, recipe);
    const moving = learner.moving.get('stem.unit0.movingMean')!;
    const parts = await stepOf(learner, { ...recipe, accumulation: 2 });
    const difference = gradientDifference(parts, whole);
    expect(difference).toBeGreaterThan(1e-4);
    // the first convolution sees the same images: each part moves its mean a step, the pass for the rates none
    const other = learnerOf(dynamic, recipe);
    const batch = await firstBatch(16);
    for (const half of [0, 1]) {
      const images = batch.images.slice(
        (half * batch.images.length) / 2,
        ((half + 1) * batch.images.length) / 2,
      );
      tf.dispose(
        other.network.forward(tf.tensor4d(images, [8, 8, 8, 3]), {
          policy: (logits) => tf.ones([logits.shape[0], logits.shape[1]]),
          statistics: 'batch',
          execution: 'masked',
        }),
      );
    }
    expect(
      maxAbsoluteDifference(moving.dataSync(), other.moving.get('stem.unit0.movingMean')!.dataSync()),
    ).toBe(0);
    tf.dispose([...whole.gradients.values(), ...parts.gradients.values()]);
  });

  it('does not depend on which epoch it is but through the noise', async () => {
    const recipe = tinyRecipe({ gating: { targetRate: 0.3, noiseOffAfter: 0 } });
    const learner = learnerOf(dynamic, recipe);
    const batch = await firstBatch(8);
    const one = await computeStep(learner, batch, recipe, place);
    const other = await computeStep(learner, batch, recipe, { ...place, epoch: 7 });
    expect(gradientDifference(other, one)).toBe(0);
    const noisy = tinyRecipe({ gating: { targetRate: 0.3 } });
    const drawn = trainedBy(noisy, learner);
    const first = await computeStep(drawn, batch, noisy, place);
    const second = await computeStep(drawn, batch, noisy, { ...place, epoch: 7 });
    expect(first.values.executionRates).not.toEqual(second.values.executionRates);
    tf.dispose([one, other, first, second].flatMap(({ gradients }) => [...gradients.values()]));
  });
});

describe('a number that is not finite', () => {
  /** What is thrown, and whether moving statistics stay as they were. */
  async function failureOf(
    architecture: Architecture,
    recipe: Recipe,
    spoil: (learner: Learner, batch: Batch) => void,
  ): Promise<unknown> {
    const learner = learnerOf(architecture, recipe);
    const batch = await firstBatch(recipe.batchSize);
    spoil(learner, batch);
    const before = [...learner.moving.values()].flatMap((variable) => Array.from(variable.dataSync()));
    const tensors = tf.memory().numTensors;
    const error: unknown = await computeStep(learner, batch, recipe, place).catch(
      (caught: unknown) => caught,
    );
    expect(tf.memory().numTensors).toBe(tensors);
    expect([...learner.moving.values()].flatMap((variable) => Array.from(variable.dataSync()))).toEqual(
      before,
    );
    return error;
  }

  function set(learner: Learner, name: string, value: number): void {
    const variable = learner.network.variables.get(name) ?? learner.trainable.get(name)!;
    variable.assign(tf.fill(variable.shape, value));
  }

  it('among the images is found there', async () => {
    const error = await failureOf(dynamic, tinyRecipe(), (_, batch) => {
      batch.images[100] = NaN;
    });
    expect(error).toMatchObject({
      code: 'DMNN_NAN',
      details: { step: 3, epoch: 1, term: 'classification', block: 'images' },
    });
    expect((error as Error).message).toContain('step 3 (epoch 1): classification: expected a finite number');
  });

  it.each([
    ['stage1.block0', 'stage1.block0.subblock1.unit0.weight'],
    ['stem', 'stem.unit0.gamma'],
    ['head', 'head.linear.bias'],
  ])('among the variables is found in %s', async (block, name) => {
    const error = await failureOf(dynamic, tinyRecipe(), (learner) => {
      set(learner, name, NaN);
    });
    expect(error).toMatchObject({ code: 'DMNN_NAN', details: { block } });
  });

  it('that a block makes of finite variables is found in that block, without controllers too', async () => {
    // 1e20 · 1e20 is more than float32 holds
    const spoil = (learner: Learner): void => {
      set(learner, 'stage1.block0.subblock0.unit0.gamma', 1e20);
      set(learner, 'stage1.block0.subblock0.unit1.weight', 1e20);
    };
    for (const [architecture, recipe] of [
      [dynamic, tinyRecipe()],
      [still, tinyStaticRecipe()],
    ] as const) {
      expect(await failureOf(architecture, recipe, spoil)).toMatchObject({
        code: 'DMNN_NAN',
        details: { block: 'stage1.block0' },
      });
    }
  });

  it('in a category head is named by the head', async () => {
    const error = await failureOf(dynamic, tinyRecipe(), (learner) => {
      set(learner, 'categories.head1.weight', Infinity);
    });
    expect(error).toMatchObject({
      code: 'DMNN_NAN',
      details: { term: 'category (head 1)', block: 'categories' },
    });
  });

  it('of the gradient alone is found where it begins', async () => {
    // an activation of 1e30 times a weight of 0 is a finite loss; the weight's gradient squared is not
    const error = await failureOf(withoutBatchNorm(still), tinyStaticRecipe(), (learner) => {
      set(learner, 'stage2.block0.subblock0.unit1.weight', 0);
      set(learner, 'stage2.block0.subblock0.unit0.bias', 1e30);
    });
    expect(error).toMatchObject({ code: 'DMNN_NAN', details: { term: 'gradient', block: 'stage2.block0' } });
  });
});
