import { epochLine } from '@dmnn/test-kit';
import { architectureOf } from '@dmnn/trainer';
import { rowRecipe } from '@dmnn/trainer/paper';
import type { RunConfig } from '@dmnn/runs';
import { describe, expect, it } from 'vitest';
import { type ConfiguredRun, paperComparisons, rowRemark } from './paper-comparisons.js';
import { reportRun } from './report-run.js';

const id = 'table3/03-dmnn-cifar-resnet50-n2-t0.6';

/** A run of the row, as its folder would say it, without anything having been trained. */
function rowRun(name: string, size: number, epochsDone: number, error: number): ConfiguredRun {
  const recipe = rowRecipe(id);
  const facts = { name: 'cifar100', imageSizePx: 32, classes: 100, categories: 20, channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.2, 0.2, 0.2] }; // prettier-ignore
  const config: RunConfig = {
    format: 1,
    recipe,
    architecture: architectureOf(recipe, facts),
    data: { train: { ...facts, size }, test: { ...facts, size: 10_000 } },
    environment: {} as RunConfig['environment'],
  };
  const evaluation = { topOneErrorPercent: error, macsRatio: 0.6, executionRate: 0.55 };
  const records = Array.from({ length: epochsDone }, (_, epoch) => epochLine({ epoch, evaluation }));
  return { config, run: reportRun(name, config, records) };
}

describe('paperComparisons', () => {
  it('puts the error of a finished run next to its row', () => {
    const run = rowRun('mine', 50_000, 200, 21.5);
    expect(rowRemark(run)).toBeNull();
    const rows = paperComparisons([run]);
    expect(rows.map((row) => row.id.split('/')[0])).toEqual(['table3', 'table3', 'table3', 'table3']);
    const row = rows.find((each) => each.id === id)!;
    expect(row).toMatchObject({ run: 'mine', ours: { topOneErrorPercent: 21.5, macsRatio: 0.6 } });
    expect(row.ours.macs).toBeCloseTo(0.6 * run.run.undividedMacs, 0);
    expect(row.paper.topOneErrorPercent).toBeGreaterThan(0);
    for (const other of rows.filter((each) => each !== row))
      expect([other.run, other.ours.topOneErrorPercent]).toEqual([null, null]);
  });

  it.each([
    ['fewer images', rowRun('small', 500, 200, 21.5), /another data \(500 images of cifar100\)/],
    ['fewer epochs', rowRun('short', 50_000, 10, 60), /epochs done \(10\)/],
  ])('does not, and says why, with %s', (_, run, why) => {
    expect(rowRemark(run)).toMatch(why);
    expect(paperComparisons([run]).map((row) => row.ours.topOneErrorPercent)).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('does not with settings that were changed on the way, also if they were changed back', () => {
    const { run, config } = rowRun('mine', 50_000, 200, 21.5);
    const { recipe } = config;
    const slower = { ...recipe, learningRate: { ...recipe.learningRate, from: 0.01 } };
    const changed = {
      ...config,
      changes: [
        { fromStep: 400, recipe: slower },
        { fromStep: 500, recipe },
      ],
    };
    expect(rowRemark({ run, config: changed })).toMatch(
      /another recipe from step 400 on, recipe from step 500 on/,
    );
    const reported = reportRun('mine', changed, []);
    expect(reported.remarks).toEqual([
      'Settings changed after step 400: learningRate.from: 0.1 then, 0.01 now.',
      'Settings changed after step 500: learningRate.from: 0.01 then, 0.1 now.',
    ]);
    expect(reported.settings).not.toBe(run.settings);
  });

  it('does not put a slimmable network’s whole width next to a row about one of its widths', () => {
    const slimmableId = 'table1/08-slimmable-resnet50-0.75';
    const { run, config } = rowRun('mine', 1_281_167, 200, 21.5);
    const recipe = rowRecipe(slimmableId);
    const train = { ...config.data.train, name: 'imagenet' };
    const data = { ...config.data, train };
    expect(rowRemark({ run: { ...run, recipe: slimmableId }, config: { ...config, recipe, data } })).toMatch(
      /one of its widths.*dmnn tables --run/,
    );
  });

  it('has no table for data that the paper does not have', () => {
    const { run, config } = rowRun('mine', 50_000, 0, 0);
    expect(paperComparisons([{ config, run: { ...run, data: 'built-in', recipe: 'demo' } }])).toEqual([]);
    expect(rowRemark({ config, run: { ...run, recipe: 'demo' } })).toBeUndefined();
  });
});
