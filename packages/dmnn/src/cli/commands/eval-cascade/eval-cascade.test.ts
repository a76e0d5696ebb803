import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import { saveModel } from '@dmnn/runs';
import { initialWeights } from '@dmnn/weights';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../fixtures/run-captured.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-eval-cascade-'));
const [small, large] = [join(root, 'small'), join(root, 'large')];
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
])('refuses %j', async (options, message) => {
  const there = options.map((each) => (each === 'large' ? large : each));
  const { code, err } = await run(['eval', small, ...common, ...there]);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
