import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCascade } from '@dmnn/runs';
import { createNetwork } from '@dmnn/network';
import { tinyDataset } from '@dmnn/test-kit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { tensorEngine } from '../../fixtures/tensor-engine.js';
import { tinyStaticRecipe } from '../../fixtures/tiny-recipe.js';
import type { DemoEvent, DemoOptions, DemoPart } from './demo-options.js';
import { runDemo } from './run-demo.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-run-demo-'));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'demo-'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** 140 training images, 60 of which are held out; 4 of the others are used, three times by the static network. */
const options = (): DemoOptions => ({
  ...{ folder, trainingImages: 12, testImages: 12, recipe: tinyStaticRecipe(), seed: 3 },
  data: { train: tinyDataset('train', 140), test: tinyDataset('test', 30) },
  models: {
    static: 'cifar-resnet8-0.25',
    narrowed: 'cifar-resnet8-0.1875',
    small: 'cifar-resnet8-0.125',
  },
});

describe('runDemo', () => {
  it('trains three networks as long, joins two to a cascade, and keeps both', async () => {
    const events: DemoEvent[] = [];
    const result = await runDemo({ ...options(), onProgress: (event) => events.push(event) });
    const { networks, systems, cascade, test, times } = result;
    expect(result).toMatchObject({ data: 'tiny', trainingImages: 4, heldOutImages: 60, seed: 3 });
    expect([networks.static.name, networks.narrowed.name, networks.small.name]).toEqual(
      Object.values(options().models ?? {}),
    );
    const starts = events.flatMap((event) =>
      event.kind === 'training' && event.event.kind === 'start' ? [[event.part, event.event.steps]] : [],
    );
    // MACs of 1, 0.59 and 0.28
    expect(starts).toEqual([
      ['static', 3],
      ['narrowed', 5],
      ['small', 11],
    ]);
    expect(starts.map(([part]) => networks[part as DemoPart].epochs)).toEqual([3, 5, 11]);
    expect(test.size).toBe(12);
    expect(systems.static).toMatchObject({
      meanMacs: networks.static.macs,
      top1ErrorPercent: networks.static.top1ErrorPercent,
    });
    expect(systems.narrowed.meanMacs).toBe(networks.narrowed.macs);
    // an image costs the small network, or both
    const both = networks.small.macs + networks.static.macs;
    expect([...cascade.cost]).toEqual(
      [...cascade.stage].map((stage) => (stage === 0 ? networks.small.macs : both)),
    );
    const errors = [...cascade.predicted].filter((answer, index) => answer !== test.label(index)).length;
    expect(systems.dynamic.top1ErrorPercent).toBeCloseTo((100 * errors) / 12, 9);
    expect(times).toEqual({ engine: null, images: 12, differences: 0 });
    for (const { msPerImage } of Object.values(systems)) expect(msPerImage).toBeGreaterThan(0);
    expect(readdirSync(folder).sort()).toEqual(['cascade', 'narrowed', 'small', 'static']);
    expect((await openCascade(result.folder)).settings).toEqual(cascade.settings);
  });

  it('measures in an engine where one opens, and closes it', async () => {
    const opened: string[] = [];
    let closed = 0;
    const { times, cascade } = await runDemo({
      ...options(),
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
    expect([opened, closed]).toEqual([Object.values(options().models ?? {}), 3]);
    expect(times).toMatchObject({ engine: { name: 'compiled' }, differences: 0 });
    expect(cascade.stage).toHaveLength(12);
  });

  it('repeats a small data set until its budget is used, and stops when aborted', async () => {
    const controller = new AbortController();
    let steps = 0;
    const run = runDemo({
      ...options(),
      trainingImages: 480,
      signal: controller.signal,
      onProgress: (event) => {
        if (event.kind !== 'training') return;
        if (event.event.kind === 'start') steps = event.event.steps;
        if (event.event.kind === 'step') controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(steps).toBe(120); // 80 images six times, in batches of 4
  });

  it('refuses too few images to choose the cascade on', async () => {
    const data = { train: tinyDataset('train', 119), test: tinyDataset('test', 30) };
    await expect(runDemo({ ...options(), data })).rejects.toThrow(
      'data: expected at least 120 training images, 60 of them to choose the cascade on, got 119',
    );
  });
});
