import { createArchitecture } from '@dmnn/backbones';
import { subset } from '@dmnn/data';
import { thresholded } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { tinyDataset } from '@dmnn/test-kit';
import { afterAll, describe, expect, it } from 'vitest';
import { tensorEngine } from '../fixtures/tensor-engine.js';
import { tinyImageFiles } from '../fixtures/tiny-image-files.js';
import { evaluate } from './evaluate.js';
import { evaluateEngine } from './evaluate-engine.js';
import type { Evaluation } from './evaluation.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });
const network = createNetwork(architecture, { seed: 5, openingRate: 0.5 });
const dataset = tinyDataset('test', 23);

afterAll(() => {
  network.dispose();
});

/** All but the time; the loss as it is added up in another order. */
function found({ timing, error, ...rest }: Evaluation): object {
  expect(timing.msPerImage).toBeGreaterThan(0);
  const { classificationLoss, ...errors } = error;
  return {
    ...rest,
    error: { ...errors, classificationLoss: expect.closeTo(classificationLoss, 5) as number },
  };
}

describe('evaluateEngine', () => {
  it.each([undefined, 0.3, 0.5, 0.7])(
    'finds what evaluate finds masked, at threshold %s',
    async (threshold) => {
      const policy = threshold === undefined ? undefined : thresholded({ threshold });
      const expected = await evaluate({ network, dataset, policy, execution: 'masked', batchSize: 7 });
      for (const [imagesAtOnce, batchSize] of [
        [1, 1],
        [3, 7],
        [40, 200],
      ] as const) {
        // prettier-ignore
        const { engine, log } = tensorEngine(network, 8, { imagesAtOnce });
        const seen: number[] = [];
        const result = await evaluateEngine({
          network: engine,
          dataset,
          threshold,
          batchSize,
          onProgress: (images) => seen.push(images),
        });
        expect(result).toMatchObject(found(expected));
        expect(result.gates.perImageGates).toEqual(expected.gates.perImageGates);
        expect(log.most).toBe(Math.min(imagesAtOnce, batchSize, 23));
        expect(log.decisions).toEqual(Array.from({ length: 23 }, () => ({ threshold })));
        expect([seen.length, seen.at(-1)]).toEqual([Math.ceil(23 / batchSize), 23]);
      }
    },
  );

  it('takes a network without gates at its full cost', async () => {
    const still = createNetwork(createArchitecture('cifar-resnet8-0.25', { classes: 4, imageSizePx: 8 }), {
      seed: 1,
    });
    const result = await evaluateEngine({ network: tensorEngine(still, 8).engine, dataset });
    expect(result).toMatchObject({
      cost: { macsRatio: 1 },
      gates: { executionRates: [], executionRate: null },
    });
    still.dispose();
  });

  it('leaves damaged images out, or stops at the first', async () => {
    const { engine } = tensorEngine(network, 8);
    const damaged = tinyImageFiles('test', 6, [1, 5]);
    const files: string[] = [];
    const result = await evaluateEngine({
      network: engine,
      dataset: damaged,
      batchSize: 2,
      onSkipped: (skipped) => void files.push(...skipped.map(({ problem }) => problem.file)),
    });
    const intact = await evaluate({ network, dataset: subset(damaged, [0, 2, 3, 4]), execution: 'masked' });
    expect([result.images, result.skippedImages, files.length]).toEqual([4, [1, 5], 2]);
    expect(result.error.predictions).toEqual(intact.error.predictions);
    await expect(evaluateEngine({ network: engine, dataset: damaged })).rejects.toMatchObject({
      code: 'DMNN_DATA',
    });
    const none = evaluateEngine({
      network: engine,
      dataset: tinyImageFiles('test', 2, [0, 1]),
      onSkipped: () => undefined,
    });
    await expect(none).rejects.toThrow('dataset: expected intact images, got damaged ones only');
  });

  it('stops between two images of a batch when it is aborted', async () => {
    const controller = new AbortController();
    const { engine, log } = tensorEngine(network, 8, {
      imagesAtOnce: 2,
      before: (image) => {
        if (image === 4) controller.abort(new Error('enough'));
      },
    });
    await expect(
      evaluateEngine({ network: engine, dataset, batchSize: 23, signal: controller.signal }),
    ).rejects.toThrow('enough');
    expect(log.decisions.length).toBeLessThan(8);
  });

  it('leaves nothing running when an image fails, and begins no other', async () => {
    let finished = 0;
    const { engine } = tensorEngine(network, 8);
    const failing = evaluateEngine({
      network: {
        ...engine,
        imagesAtOnce: 3,
        run: async (image, decision) => {
          if (finished === 1) throw new Error('a step could not be run');
          const outputs = await engine.run(image, decision);
          finished += 1;
          return outputs;
        },
      },
      dataset,
    });
    await expect(failing).rejects.toThrow('a step could not be run');
    const then = finished;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([then, finished]).toEqual([3, 3]);
  });

  it('does not take what is not finite for a prediction', async () => {
    const { engine } = tensorEngine(network, 8);
    const infinite = Float32Array.of(Infinity, 0, 0, 0);
    const broken = {
      ...engine,
      run: async () => ({ ...(await engine.run(new Float32Array(192), {})), logits: infinite }),
    };
    await expect(evaluateEngine({ network: broken, dataset })).rejects.toMatchObject({
      code: 'DMNN_NAN',
      details: { firstImage: 0 },
    });
  });

  it('refuses data of other classes, and none', async () => {
    const { engine } = tensorEngine(network, 8);
    await expect(evaluateEngine({ network: engine, dataset: { ...dataset, classes: 5 } })).rejects.toThrow(
      'dataset: expected 4 classes',
    );
    await expect(evaluateEngine({ network: engine, dataset: { ...dataset, size: 0 } })).rejects.toThrow(
      'dataset: expected at least one image',
    );
  });
});
