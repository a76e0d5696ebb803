import { access } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { tinyDataset } from '@dmnn/test-kit';
import { createNetwork } from '@dmnn/network';
import { tensorEngine } from '../../fixtures/tensor-engine.js';
import { tinyRecipe, tinyStaticRecipe } from '../../fixtures/tiny-recipe.js';
import { type DemoEvent, runDemo } from './run-demo.js';

describe('runDemo', () => {
  it('trains and evaluates both networks within its budget, and leaves no folder', async () => {
    const events: DemoEvent[] = [];
    const result = await runDemo({
      data: { train: tinyDataset('train', 40), test: tinyDataset('test', 30) },
      trainingImages: 16,
      testImages: 12,
      recipes: [tinyStaticRecipe(), tinyRecipe()],
      onProgress: (event) => events.push(event),
    });
    expect(result).toMatchObject({ data: 'tiny', trainingImages: 16, testImages: 12 });
    const [still, dynamic] = result.rows;
    expect(still).toMatchObject({ name: 'cifar-resnet8-0.25', target: null });
    expect(still!.masked.cost.macsRatio).toBe(1);
    expect(still!.inEngine).toBeNull();
    expect(dynamic).toMatchObject({ name: 'dmnn-cifar-resnet8-0.25-n2', target: 0.6 });
    for (const { masked, skipping, fullMacs, parameters } of result.rows) {
      expect(masked.images).toBe(12);
      expect(skipping.error.predictions).toEqual(masked.error.predictions);
      expect(skipping.cost.perImageMacs).toEqual(masked.cost.perImageMacs);
      expect(masked.cost.meanMacs).toBeLessThanOrEqual(fullMacs);
      expect(parameters).toBeGreaterThan(1000);
    }
    // 16 images of 40, in batches of 4: one epoch of 4 steps
    const start = events.find((event) => event.kind === 'training' && event.event.kind === 'start');
    expect(start).toMatchObject({ event: { steps: 4, epochs: 1 } });
    const saved = events.flatMap((event) =>
      event.kind === 'training' && event.event.kind === 'checkpoint' ? [event.event.path] : [],
    );
    expect(saved).toHaveLength(2);
    for (const path of saved) await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(events.filter((event) => event.kind === 'evaluating')).toHaveLength(4 * 12);
  });

  it('evaluates both networks in an engine too, and closes it', async () => {
    const opened: string[] = [];
    let closed = 0;
    const { rows } = await runDemo({
      data: { train: tinyDataset('train', 16), test: tinyDataset('test', 6) },
      trainingImages: 16,
      recipes: [tinyStaticRecipe(), tinyRecipe()],
      openEngine: ({ architecture, weights }) => {
        opened.push(architecture.name);
        const network = createNetwork(architecture, { seed: 0, weights });
        const close = (): Promise<void> => {
          closed += 1;
          network.dispose();
          return Promise.resolve();
        };
        return Promise.resolve({ ...tensorEngine(network, 8).engine, close });
      },
    });
    expect([opened, closed]).toEqual([rows.map(({ name }) => name), 2]);
    for (const { masked, inEngine } of rows) {
      expect(inEngine?.engine.name).toBe('compiled');
      const { error, cost, gates } = inEngine!.evaluation;
      expect([error.predictions, cost, gates]).toEqual([masked.error.predictions, masked.cost, masked.gates]);
    }
  });

  it('repeats a small data set until its budget is used, and stops when aborted', async () => {
    const controller = new AbortController();
    let steps = 0;
    const run = runDemo({
      data: { train: tinyDataset('train', 8), test: tinyDataset('test', 4) },
      trainingImages: 24,
      recipes: [tinyStaticRecipe()],
      signal: controller.signal,
      onProgress: (event) => {
        if (event.kind !== 'training') return;
        if (event.event.kind === 'start') steps = event.event.steps;
        if (event.event.kind === 'step') controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(steps).toBe(6);
  });
});
