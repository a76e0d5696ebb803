import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInDataset } from '@dmnn/data';
import { reportHtml } from '@dmnn/report';
import {
  type Recipe,
  loadRunConfig,
  overrideRecipe,
  parseRecipe,
  readMetrics,
  recipeNamed,
} from '@dmnn/runs';
import { evaluate, loadRun, train } from '@dmnn/trainer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectReport, runNames } from './collect-report.js';
import { reportRun } from './report-run.js';
import { writeReport } from './write-report.js';

let folder: string;
const data = {
  train: builtInDataset({ split: 'train', size: 8 }),
  test: builtInDataset({ split: 'test', size: 6 }),
};

async function trained(name: string, recipe: string, ...overrides: string[]): Promise<string> {
  const run = join(folder, name);
  await train({
    recipe: parseRecipe(
      overrideRecipe(recipeNamed(recipe), [
        'batchSize=8',
        'epochs=1',
        'evaluation.batchSize=100',
        ...overrides,
      ]),
    ),
    data,
    folder: run,
  });
  return run;
}

let fixed: string;
let dynamic: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dmnn-collect-'));
  fixed = await trained('fixed', 'demo', 'model.name=cifar-resnet8-0.25');
  dynamic = await trained(
    'dynamic',
    'demo-dynamic',
    'model.name=dmnn-cifar-resnet8-0.25-n2',
    'gating.openingRate=0.5',
  );
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('collectReport', () => {
  it('says that lines are missing at the end of a log', async () => {
    const log = join(fixed, 'metrics.jsonl');
    const whole = await readFile(log, 'utf8');
    const lines = whole.trimEnd().split('\n');
    const options = { folders: [fixed], datasets: [] };
    expect((await collectReport(options)).runs[0]?.remarks.join()).not.toContain('lacks');
    const left = `${lines.slice(0, -1).join('\n')}\n`;
    await writeFile(log, left);
    const { runs } = await collectReport(options);
    await writeFile(log, whole);
    expect(runs[0]?.remarks.join()).toContain(`Its log lacks ${whole.length - left.length} bytes at its end`);
  });

  it('says what the logs and an evaluation say', async () => {
    const report = await collectReport({ folders: [fixed, dynamic] });
    const [still, gated] = report.runs as [(typeof report.runs)[0], (typeof report.runs)[0]];
    expect(report.runs.map(({ name, remarks }) => [name, remarks.length])).toEqual([
      ['fixed', 0],
      ['dynamic', 2],
    ]);
    const alarms = (await readMetrics(dynamic)).filter((record) => record.kind === 'alarm');
    expect(gated.remarks).toEqual(alarms.map(({ message }) => `Gates ${message}`));
    expect(reportHtml(report)).toContain('Gates after epoch 1: the whole network decides nothing');
    expect(still.blocks).toEqual([]);
    expect(still.evaluation).toMatchObject({ macsRatio: 1, categories: [], samples: [] });
    expect(gated.training.steps).toHaveLength(1);
    const epoch = (await readMetrics(dynamic)).find(({ kind }) => kind === 'epoch');
    expect(epoch).toMatchObject({ evaluation: { topOneErrorPercent: gated.training.epochs[0]!.test!.topOneErrorPercent } }); // prettier-ignore

    const { network } = await loadRun(dynamic);
    const evaluation = await evaluate({ network, dataset: data.test });
    network.dispose();
    expect(gated.evaluation).toMatchObject({
      images: 6,
      topOneErrorPercent: evaluation.error.top1ErrorPercent,
      perImageMacs: evaluation.cost.perImageMacs,
      executionRates: evaluation.gates.executionRates,
    });
  });

  it('refuses a class that the data do not have before it evaluates anything', async () => {
    let evaluated = 0;
    const wrong = collectReport({
      ...{ folders: [dynamic], classNames: ['red disc', 'red disk'] },
      onProgress: () => evaluated++,
    });
    await expect(wrong).rejects.toMatchObject({
      code: 'DMNN_UNKNOWN_CLASS',
      details: { suggestions: ['red disc'] },
    });
    expect(evaluated).toBe(0);
  });

  it('says why a run was not evaluated: other data, or no checkpoint yet', async () => {
    const other = { ...data.test, channelMeans: [0.5, 0.5, 0.5] };
    const { runs } = await collectReport({ folders: [dynamic], datasets: [other] });
    expect(runs[0]!.evaluation).toBeNull();
    expect(runs[0]!.remarks.join()).toMatch(/the data given .* are not those/);

    const begun = join(folder, 'begun');
    const controller = new AbortController();
    controller.abort();
    await train({ recipe: parseRecipe(recipeNamed('demo')), data: { train: builtInDataset({ split: 'train', size: 64 }), test: data.test }, folder: begun, signal: controller.signal }); // prettier-ignore
    await rm(join(begun, 'checkpoints'), { recursive: true });
    const unsaved = (await collectReport({ folders: [begun] })).runs[0]!;
    expect(unsaved.remarks).toEqual(['Not evaluated, since it has no checkpoint yet.']);
    expect(reportHtml({ ...(await collectReport({ folders: [begun] })) })).toContain('no checkpoint yet');
  });

  it('stops when asked to, and names the folder that holds no run', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(collectReport({ folders: [dynamic], signal: controller.signal })).rejects.toThrow('enough');
    await expect(collectReport({ folders: [folder] })).rejects.toMatchObject({
      code: 'DMNN_RUN_FOLDER',
      folder,
    });
  });

  it('gives runs of equal settings one digest, and folders of one name two names', async () => {
    const { runs } = await collectReport({ folders: [dynamic, dynamic, fixed] });
    expect(runs[0]!.settings).toBe(runs[1]!.settings);
    expect(runs[0]!.settings).not.toBe(runs[2]!.settings);
    const config = await loadRunConfig(dynamic);
    const settings = (change: Partial<Recipe>): string =>
      reportRun('run', { ...config, recipe: { ...config.recipe, ...change } }, []).settings;
    const notes = { name: 'n', seed: 7, log: { everySteps: 3 }, checkpoints: { everySteps: 9, keep: 3 } };
    expect(settings(notes)).toBe(runs[0]!.settings);
    expect(settings({ epochs: 2 })).not.toBe(runs[0]!.settings);
    const { data } = config;
    const fewer = { ...config, data: { ...data, train: { ...data.train, size: data.train.size - 1 } } };
    expect(reportRun('run', fewer, []).settings).not.toBe(runs[0]!.settings);
    expect(runs.map(({ name }) => name)).toEqual(['dynamic', 'dynamic (2)', 'fixed']);
    expect(runNames(['a/run', 'b/run/', 'c/run', 'd'])).toEqual(['run', 'run (2)', 'run (3)', 'd']);
  });
});

describe('writeReport', () => {
  it('writes the page, its data and its figures', async () => {
    const report = await collectReport({ folders: [fixed, dynamic], title: 'Two runs' });
    const written = await writeReport(report, join(folder, 'made', 'for it'));
    expect(await readFile(written.report, 'utf8')).toBe(reportHtml(report));
    expect(JSON.parse(await readFile(written.data, 'utf8'))).toEqual(report);
    expect(written.figures.map((path) => path.split('/').at(-1))).toEqual([
      'accuracy-cost.svg',
      'training-curves.svg',
      'cost-histogram.svg',
      'rates-by-group-b.svg',
      'rates-by-category-b.svg',
    ]);
    for (const path of written.figures) expect(await readFile(path, 'utf8')).toMatch(/^<svg /);
  });

  it('leaves no figure of the report before it, and what is not its own', async () => {
    const out = join(folder, 'again');
    await writeReport(await collectReport({ folders: [fixed, dynamic] }), out);
    await writeFile(join(out, 'figures', 'mine.svg'), '<svg />');
    const { figures } = await writeReport(await collectReport({ folders: [fixed] }), out);
    const left = (await readdir(join(out, 'figures'))).sort();
    expect(left).toEqual([...figures.map((path) => path.split('/').at(-1)), 'mine.svg'].sort());
    await writeFile(join(out, 'data.json'), 'no report');
    await writeReport(await collectReport({ folders: [fixed] }), out);
  });
});
