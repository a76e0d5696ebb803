import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportData } from '@dmnn/report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remarksOf, run } from '../../fixtures/run-captured.js';
import type { EvaluationJson } from './eval-parts/evaluation-json.js';
import { trainSmallRun } from '../../fixtures/small-run.js';
import { writeImagenet } from '../../fixtures/write-imagenet.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-report-'));
const trained = join(folder, 'run');

beforeAll(() => trainSmallRun(trained));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const report = (out: string, ...more: string[]): ReturnType<typeof run> =>
  run(['report', trained, '--backend', 'wasm', '--out', join(folder, out), ...more]);

describe('dmnn report', () => {
  it('writes page, data and figures, and prints where the page is', async () => {
    const { code, out } = await report('a', '--title', 'R & D');
    expect([code, out]).toEqual([0, join(folder, 'a', 'report.html')]);
    expect(readFileSync(out, 'utf8')).toContain('<h1>R &#x26; D</h1>');
  });

  it('lists the files with --json', async () => {
    const { code, out } = await report('b', '--json');
    expect(code).toBe(0);
    const written = JSON.parse(out) as { report: string; data: string; figures: string[] };
    for (const path of [written.report, written.data, ...written.figures])
      expect(existsSync(path)).toBe(true);
    expect(JSON.parse(readFileSync(written.data, 'utf8'))).toMatchObject({ runs: [{ name: 'run' }] });
  });

  it('shows what the best fixed pattern reaches, as eval --control says, for the gates as trained and each budget', async () => {
    const settings = ['--control', '--budgets', '0.6', '--calibration-images', '8', '--json'];
    const { code, out, err } = await report('g', ...settings);
    expect(code, err).toBe(0);
    const { data, report: page } = JSON.parse(out) as { data: string; report: string };
    const { budgets, runs } = JSON.parse(readFileSync(data, 'utf8')) as ReportData;
    const { out: evaluated } = await run(['eval', trained, '--backend', 'wasm', ...settings]);
    interface Controlled {
      readonly control: {
        readonly top1ErrorPercent: number;
        readonly macsRatio: number;
        readonly difference: number;
        readonly interval: readonly number[];
      };
    }
    const measured = JSON.parse(evaluated) as Controlled & { readonly budgets: readonly Controlled[] };
    const shown = [runs[0]?.evaluation?.control, budgets[0]?.points[0]?.control];
    expect(shown).toEqual(
      [measured, ...measured.budgets].map(({ control }) => ({
        ...{ topOneErrorPercent: control.top1ErrorPercent, macsRatio: control.macsRatio },
        ...{ difference: control.difference, interval: control.interval },
      })),
    );
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('Do gates pay?');
    expect(html).toContain('budget 0.6');
    expect(runs[0]?.remarks.join()).toContain('Fixed patterns were chosen on one half of the test images');
  });

  it('chooses fixed patterns on what a run held out, as eval --control does, and evaluates it on the test images', async () => {
    const held = join(folder, 'held');
    const begun = await run([
      ...['train', '--recipe', 'demo-dynamic', '--backend', 'wasm', '--data', 'built-in=32', '--out', held],
      ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--set', 'batchSize=8', '--set', 'epochs=1'],
      ...['--set', 'gating.openingRate=0.5', '--hold-out', '12'],
    ]);
    expect(begun.code, begun.err).toBe(0);
    const settings = ['--data', 'built-in=32', '--control', '--calibration-images', '8', '--backend', 'wasm', '--json']; // prettier-ignore
    const { code, out, err } = await run(['report', held, '--out', join(folder, 'h'), ...settings]);
    expect(code, err).toBe(0);
    const { runs } = JSON.parse(
      readFileSync((JSON.parse(out) as { data: string }).data, 'utf8'),
    ) as ReportData;
    const remarks = runs[0]?.remarks.join() ?? '';
    expect(remarks).toContain(
      'Fixed patterns were chosen on 8 of the 12 training images that the run held out',
    );
    expect(remarks).toContain('Evaluated on the 8 test images of built-in; its log is of 12 training images that it held out.'); // prettier-ignore
    const { control } = JSON.parse((await run(['eval', held, ...settings])).out) as {
      readonly control: { readonly top1ErrorPercent: number; readonly chosenOn: string };
    };
    expect(control.chosenOn).toBe('held-out');
    expect(runs[0]?.evaluation?.control?.topOneErrorPercent).toBe(control.top1ErrorPercent);

    // of other images others would be held out
    const other = await run([
      'report',
      held,
      '--out',
      join(folder, 'i'),
      ...settings.map((word) => word.replace('32', '40')),
    ]);
    expect(other.err).toContain('Fixed patterns were chosen on one half of the test images');
    expect(other.err).toContain('the run would have held out others than its 12');
  });

  it('adds accuracy against cost under budgets, of networks with gates', async () => {
    const { code, out, err } = await report(
      'e',
      '--budgets',
      '0.01,0.6,0.7',
      '--calibration-images',
      '8',
      '--json',
    );
    expect(code, err).toBe(0);
    const { data, report: page } = JSON.parse(out) as { data: string; report: string };
    const { budgets, runs } = JSON.parse(readFileSync(data, 'utf8')) as ReportData;
    const [curve] = budgets;
    expect(curve).toMatchObject({ run: 'run', points: [{ label: '0.6' }, { label: '0.7' }] });
    expect(runs[0]?.remarks.join()).toMatch(
      /Budgets that cannot be met: 0\.01; with all gates closed the network costs 0\.\d/,
    );
    const options = ['--backend', 'wasm', '--budgets', '0.6,0.7', '--calibration-images', '8', '--json'];
    const { out: evaluated } = await run(['eval', trained, ...options]);
    const measured = (JSON.parse(evaluated) as { budgets: EvaluationJson[] }).budgets;
    expect(curve?.points).toEqual(
      measured.map(({ macsRatio, top1ErrorPercent: topOneErrorPercent }, i) => ({
        ...{ label: ['0.6', '0.7'][i], macsRatio, topOneErrorPercent },
      })),
    );
    expect(readFileSync(page, 'utf8')).toContain('A line joins budgets of one checkpoint');
    expect(readFileSync(page, 'utf8')).not.toContain('Do gates pay?');
    const none = await report('f', '--json');
    const { data: without } = JSON.parse(none.out) as { data: string };
    expect((JSON.parse(readFileSync(without, 'utf8')) as ReportData).budgets).toEqual([]);
  });

  it('evaluates images: costs, groups of categories, easy and hard ones, budgets', async () => {
    const [imagenet, on] = [join(folder, 'imagenet'), join(folder, 'images')];
    await writeImagenet(imagenet);
    const data = ['--backend', 'wasm', '--data', `imagenet=${imagenet}`, '--workers', '0'];
    const trainedOn = await run([
      ...['train', '--recipe', 'demo-dynamic', ...data, '--out', on],
      ...['--set', 'augmentation=random-resized-crop', '--set', 'imageSizePx=32', '--set', 'batchSize=4'],
      ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--set', 'gating.openingRate=0.5'],
      ...['--set', 'epochs=1'],
    ]);
    expect(trainedOn.code, trainedOn.err).toBe(0);
    const budgets = ['--budgets', '0.6,0.7', '--calibration-images', '6', '--json'];
    const { code, err, out } = await run([
      ...['report', on, ...data, '--out', join(folder, 'g'), '--class', 'tench', ...budgets],
    ]);
    expect(code, err).toBe(0);
    expect(remarksOf({ err })).toMatch(/^skipped: .*n01440764.cut\.png is damaged/m);
    const { data: json } = JSON.parse(out) as { data: string };
    const reported = JSON.parse(readFileSync(json, 'utf8')) as ReportData;
    const { evaluation, remarks } = reported.runs[0]!;
    expect(remarks.join()).not.toContain('Not evaluated');
    expect(evaluation).toMatchObject({ images: 6, perImageMacs: { length: 6 } });
    expect(evaluation!.categories.map(({ group, images }) => [group, images])).toEqual([
      ['animals', 4],
      ['artifacts', 2],
    ]);
    const [tench] = evaluation!.samples;
    expect(tench).toMatchObject({ className: 'tench', images: 4, easiest: { length: 2 } });
    expect([...tench!.easiest, ...tench!.hardest].map(({ index }) => index).sort()).toEqual([0, 1, 2, 4]); // 3 is damaged
    const evaluated = await run(['eval', on, ...data, ...budgets]);
    expect(evaluated.code, evaluated.err).toBe(0);
    const measured = (JSON.parse(evaluated.out) as { budgets: EvaluationJson[] }).budgets;
    expect(reported.budgets[0]?.points.map(({ macsRatio }) => macsRatio)).toEqual(
      measured.map(({ macsRatio }) => macsRatio),
    );

    // a second run, on larger images: the folder is opened in both sizes, and described once
    const larger = join(folder, 'larger-images');
    cpSync(on, larger, { recursive: true });
    const config = join(larger, 'config.json');
    const { data: used, ...others } = JSON.parse(readFileSync(config, 'utf8')) as {
      readonly data: { readonly test: object };
    };
    const test = { ...used.test, imageSizePx: 40 };
    writeFileSync(config, JSON.stringify({ ...others, data: { ...used, test } }));
    const both = await run(['report', on, larger, ...data, '--out', join(folder, 'h')]);
    expect(both.err.match(/^imagenet, test: /gm)).toHaveLength(1);
  });

  it('ends with 130 when interrupted, and leaves no page', async () => {
    const { code } = await run(
      ['report', trained, '--backend', 'wasm', '--out', join(folder, 'c'), '--batch-size', '1'],
      {
        onInterrupt: (listener) => {
          listener();
          return () => undefined;
        },
      },
    );
    expect(code).toBe(130);
    expect(existsSync(join(folder, 'c'))).toBe(false);
  });

  it.each([
    [['--class', 'red disk'], 2, 'DMNN_UNKNOWN_CLASS', /Did you mean red disc/],
    [['--data', 'cifr100=x'], 2, 'DMNN_UNKNOWN_DATASET', /cifar100=PATH/],
    [['--budgets', '8ms'], 2, 'DMNN_USAGE', /--budgets: expected shares, such as 0\.3\.\.1/],
    [['--checkpoint', 'last'], 2, 'DMNN_USAGE', /best, latest/],
  ])('refuses %j', async (options, exitCode, code, message) => {
    const { code: ended, err } = await report('d', ...options, '--json');
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringMatching(message) as string },
    });
    expect(ended).toBe(exitCode);
  });

  it('refuses a folder that holds no run', async () => {
    const { code, err } = await run(['report', folder, '--backend', 'wasm', '--out', join(folder, 'e')]);
    expect(code).toBe(1);
    expect(err).toMatch(/expected a run folder/);
  });
});
