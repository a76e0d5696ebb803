import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import type { CascadeReportData } from '@dmnn/report';
import { cascade, openNetworkData, saveCascade, saveModel } from '@dmnn/runs';
import { initialWeights } from '@dmnn/weights';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../fixtures/run-captured.js';
import { saveSmallModel } from '../../../fixtures/small-model.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-eval-cascade-'));
const [small, large, few] = [join(root, 'small'), join(root, 'large'), join(root, 'few')];
beforeAll(async () => {
  for (const [folder, name] of [
    [small, 'cifar-resnet8-0.25'],
    [large, 'cifar-resnet8-0.5'],
  ] as const) {
    const architecture = createArchitecture(name);
    await saveModel(folder, {
      ...{ architecture, weights: initialWeights(architecture, { seed: 1 }) },
      ...{ channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.25, 0.25, 0.25] },
      importedFrom: { file: 'a.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
    });
  }
});
beforeAll(async () => {
  await saveSmallModel(few);
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const common = ['--data', 'built-in=480', '--backend', 'wasm', '--json'];

it('measures by halves, logs every image and compares with a random choice', async () => {
  const log = join(root, 'log.jsonl');
  const { code, out } = await run(
    ['eval', small, '--then', large, ...common, '--budgets', '0.5', '--control', '--execution', 'both', '--log', log],
  ); // prettier-ignore
  expect(code).toBe(0);
  const { chosenOn, images, parts, cascades } = JSON.parse(out) as {
    chosenOn: string;
    images: number;
    parts: unknown[];
    cascades: {
      settings: unknown[];
      top1ErrorPercent: number;
      meanMacs: number;
      control: { interval: number[]; top1ErrorPercent: number };
      leaving: { differences: number };
    }[];
  };
  expect([chosenOn, images, parts.length, cascades.length]).toEqual(['test-halves', 120, 2, 1]);
  const [cascade] = cascades as [(typeof cascades)[0]];
  expect([cascade.settings.length, cascade.leaving.differences, cascade.control.interval.length]).toEqual([
    2, 0, 2,
  ]);
  const [head = '', ...lines] = readFileSync(log, 'utf8').trim().split('\n');
  expect(JSON.parse(head)).toMatchObject({
    kind: 'cascade',
    networks: ['cifar-resnet8-0.25', 'cifar-resnet8-0.5'],
    columns: ['index', 'right', 'macs', 'confidence', 'stage', 'controlRight'],
  });
  const records = lines.map((line) => JSON.parse(line) as number[]);
  const mean = (column: number): number =>
    records.reduce((sum, each) => sum + (each[column] ?? NaN), 0) / 120;
  expect(100 * (1 - mean(1))).toBeCloseTo(cascade.top1ErrorPercent, 9);
  expect(mean(2)).toBeCloseTo(cascade.meanMacs, 3);
  expect(100 * (1 - mean(5))).toBeCloseTo(cascade.control.top1ErrorPercent, 1);
});

it('saves a cascade, which eval takes as it is', async () => {
  const folder = join(root, 'both');
  const chosen = await run(
    ['eval', small, '--then', large, ...common, '--budgets', '0.5', '--choose-on', 'training', '--save', folder],
  ); // prettier-ignore
  expect(chosen.code).toBe(0);
  const found = await run(['eval', folder, ...common]);
  expect(found.code).toBe(0);
  const [first, second] = [chosen, found].map(
    ({ out }) =>
      (JSON.parse(out) as { cascades: { settings: unknown; top1ErrorPercent: number }[] }).cascades[0],
  );
  expect(second?.settings).toEqual(first?.settings);
  expect(second?.top1ErrorPercent).toBe(first?.top1ErrorPercent);
});

it('names one range of budgets, whose ends it takes', async () => {
  const evaluated = (budget: string) => run(['eval', small, '--then', large, ...common, '--budgets', budget]);
  const [low, high] = [await evaluated('0.01'), await evaluated('50')];
  expect([low.code, high.code]).toEqual([2, 2]);
  const range =
    /--budgets: expected a mean cost, as a share of the last network's MACs, from (\S+) \(every image stops at the first stage\) to (\S+) \(all go through all\), got/;
  const ends = [low, high].map(({ err }) => range.exec(err)?.slice(1));
  expect(ends[0]).toEqual(ends[1]);
  expect(low.err + high.err).not.toMatch(/engine|backend/); // nothing was run
  const [from = '', to = ''] = ends[0] ?? [];
  const found = await evaluated(`${from},${to}`);
  expect(found.code).toBe(0);
  const { cascades, unreached } = JSON.parse(found.out) as {
    cascades: { macsRatio: number }[];
    unreached: number[];
  };
  expect(unreached).toEqual([]);
  // measured on the other half, of whose images some may be surer than all of those chosen on
  expect(cascades[0]?.macsRatio).toBeCloseTo(Number(from), 3);
  expect(cascades[1]?.macsRatio).toBeGreaterThan(0.9 * Number(to));
});

it('names a mean time that can be reached in the unit of budgets', async () => {
  const { code, err } = await run(['eval', small, '--then', large, ...common, '--budgets', '0.000001ms']);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/--budgets: expected a mean time from [\d.]+ms \(every image .*\) to [\d.]+ms \(/),
  ]);
});

it('is reported on a page of its own, with the numbers of eval', async () => {
  const [folder, out] = [join(root, 'reported'), join(root, 'report')];
  const parts = [await openNetworkData(small), await openNetworkData(large)];
  await saveCascade(folder, cascade(parts, { thresholds: [0.5], temperatures: [0.05, 0.04] }));
  const given = ['--data', 'built-in=480', '--backend', 'wasm'];
  const written = await run(['report', folder, ...given, '--out', out, '--json']);
  expect(written.code).toBe(0);
  const files = JSON.parse(written.out) as { report: string; data: string; figures: string[] };
  expect(files.figures.map((file) => basename(file))).toEqual(['error-cost.svg', 'reliability.svg']);
  const page = readFileSync(files.report, 'utf8');
  expect(page).toContain('Where images stop');
  expect(page).not.toMatch(/(?:href|src)="?(?!#|data:)[a-z]+:|<script/);
  const data = JSON.parse(readFileSync(files.data, 'utf8')) as CascadeReportData;
  const { out: evaluated } = await run(['eval', folder, ...given, '--control', '--json']);
  const { cascades, parts: alone } = JSON.parse(evaluated) as {
    cascades: [
      {
        top1ErrorPercent: number;
        meanMacs: number;
        shares: number[];
        control: { top1ErrorPercent: number; difference: number; interval: number[] };
      },
    ];
    parts: { top1ErrorPercent: number; meanMacs: number; calibrationError: object }[];
  };
  const [own] = cascades;
  const { control } = own;
  expect(data.result).toMatchObject({
    ...{ topOneErrorPercent: own.top1ErrorPercent, meanMacs: own.meanMacs },
    control: {
      topOneErrorPercent: control.top1ErrorPercent,
      ...{ difference: control.difference, interval: control.interval },
    },
  });
  expect(data.stages.map(({ share }) => share)).toEqual(own.shares);
  expect(data.stages.map(({ calibrationError }) => calibrationError)).toEqual(
    alone.map(({ calibrationError }) => calibrationError),
  );
  for (const [at, { top1ErrorPercent, meanMacs: macs }] of alone.entries()) {
    expect(data.stages[at]?.aloneErrorPercent).toBeCloseTo(top1ErrorPercent, 9);
    expect(data.stages[at]?.aloneMacs).toBeCloseTo(macs, 3);
  }
  const meanMacs = data.stages.reduce((sum, { share, macs }) => sum + share * macs, 0);
  expect(meanMacs).toBeCloseTo(own.meanMacs, 3);
  const error = data.stages.reduce((sum, each) => sum + each.share * (each.topOneErrorPercent ?? 0), 0);
  expect(error).toBeCloseTo(own.top1ErrorPercent, 9);
  expect(data.curve.length).toBeGreaterThan(8);
  for (const [option, ...value] of [['--budgets'], ['--checkpoint', 'latest'], ['--class', 'red disc']]) {
    const refused = await run(['report', folder, ...given, '--out', out, option ?? '', ...value]);
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining(`${option ?? ''}: expected none with a cascade`),
    ]);
  }
});

it('is timed on images, against its last network on the same ones', async () => {
  const folder = join(root, 'timed');
  const parts = [await openNetworkData(small), await openNetworkData(large)];
  await saveCascade(folder, cascade(parts, { thresholds: [0.5], temperatures: [0.05, 0.05] }));
  const images = ['--data', 'built-in=80', '--images', '6', '--seconds', '0'];
  const { code, out } = await run(
    ['bench', folder, ...images, '--engine', 'tfjs', '--backend', 'cpu', '--json'],
  ); // prettier-ignore
  expect(code).toBe(0);
  const [{ images: found, stages }] = JSON.parse(out) as [
    { images: { count: number; shares: number[]; meanMacs: number }; stages: { macs: number }[] },
  ];
  expect(found.count).toBe(6);
  expect(found.shares.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 9);
  const mean = found.shares.reduce((sum, share, at) => sum + share * (stages[at]?.macs ?? 0), 0);
  expect(found.meanMacs).toBeCloseTo(mean, 3);
});

it('says that a budget in milliseconds is above the time of all stages', async () => {
  const times = ['--budgets', '100000ms', '--execution', 'skipping'];
  const { code, err } = await run(['eval', small, '--then', large, ...common, ...times]);
  expect([code, err]).toEqual([
    0,
    expect.stringMatching(/--budgets: 100000ms: more than .* ms, the time of all stages/),
  ]);
});

it('says that a budget is above the cost of all stages', async () => {
  const spent = await run(['eval', small, '--then', large, ...common, '--budgets', '1.33']);
  const most = /more than (\S+), the cost of all stages/.exec(spent.err)?.[1];
  expect([spent.code, spent.err]).toEqual([
    0,
    expect.stringMatching(/--budgets: 1\.33: more than 1\.\d+, the cost/),
  ]);
  expect(Number(most)).toBeLessThan(1.33);
  const reached = await run(['eval', small, '--then', large, ...common, '--budgets', '1']);
  expect([reached.code, reached.err]).toEqual([0, expect.not.stringContaining('the cost of all stages')]);
});

it('refuses what a saved cascade has settled', async () => {
  const folder = join(root, 'settled');
  const parts = [await openNetworkData(small), await openNetworkData(large)];
  await saveCascade(folder, cascade(parts, { thresholds: [0.5] }));
  for (const [option, value, message] of [
    ['--checkpoint', 'latest', /--checkpoint: expected none with a saved cascade, .* got latest/],
    ['--by', 'margin', /--by: expected with --budgets or --accuracy-drop: a saved cascade has/],
    [
      '--calibration-images',
      '60',
      /--calibration-images: expected with --choose-on training or a network at a budget \(RUN@budget=0\.4\), got a saved/,
    ],
    ['--combine', 'last', /--combine: expected with --budgets or --accuracy-drop: a saved cascade has/],
  ] as const) {
    const { code, err } = await run(['eval', folder, ...common, option, value]);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  }
});

it.each([
  [['--then', 'large'], /--then: expected with --budgets or --accuracy-drop/],
  [
    ['--then', 'large', '--budgets', '0.5', '--accuracy-drop', '1'],
    /--accuracy-drop: expected without --budgets/,
  ],
  [['--then', 'large', '--budgets', '0.3..0.5', '--log', 'x'], /--log: expected one budget, got 3/],
  [['--then', 'large', '--budgets', '0.5', '--width', '0.5'], /--width: expected without --then/],
  [
    ['--then', 'large', '--budgets', '0.5', '--choose-on', 'held-out'],
    /got held-out, and the networks were not all/,
  ],
  [
    ['--then', 'large', '--budgets', '0.5', '--save', 'x'],
    /--save: expected --choose-on training or held-out/,
  ],
  [['--by', 'margin'], /--by: expected with --then/],
  [['--control'], /--control: expected a network with gates/],
  [
    ['--then', 'large', '--budgets', '0.5', '--choose-on', 'training', '--save', 'large'],
    /--save: expected a new folder, got .*large, which exists/,
  ],
  [
    ['--then', 'large', '--budgets', '0.5', '--data', 'built-in=80'],
    /--choose-on test-halves: expected at least 50 images in each half, got 10 of 20 test images\. Evaluate on at least 100 test images, or .* --choose-on training/,
  ],
  [
    ['--then', 'large', '--budgets', '0.5', '--choose-on', 'training', '--calibration-images', '20'],
    /--choose-on training: expected at least 50 images, got 20\. Give --calibration-images 50 or more/,
  ],
  [
    ['--then', 'large', '--budgets', '0.5', '--calibration-images', '60'],
    /--calibration-images: expected with --choose-on training or a network at a budget \(RUN@budget=0\.4\), got --choose-on test-halves/,
  ],
  [
    ['--then', 'nowhere', '--budgets', '0.5'],
    /--then: expected a run folder .* got nowhere, which does not exist/,
  ],
  [['--then', 'few', '--budgets', '0.5'], /cascade: expected the 100 classes of .*, got 4 of/],
])('refuses %j', async (options, message) => {
  const there = options.map((each) => ({ large, few })[each] ?? each);
  const { code, err } = await run(['eval', small, ...common, ...there]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
  expect(err).not.toMatch(/engine [a-z]+:/); // nothing was run
});

it('refuses data of other classes before anything is run', async () => {
  const { code, err } = await run(['eval', few, '--then', few, ...common, '--budgets', '1']);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/--data: expected data of the 4 classes of .*, got built-in with 100/),
  ]);
});
