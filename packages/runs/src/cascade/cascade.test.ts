import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { initialWeights } from '@dmnn/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { unfinishedPath, writeCheckpoint } from '../folder/checkpoint-folder.js';
import { saveModel } from '../model/model-folder.js';
import type { Model } from '../model/model.js';
import { withGates } from '../model/network-setting.js';
import { isCascade, openNetworkData } from '../model/open-network-data.js';
import { cascade, cascadeStages } from './cascade.js';
import { openCascade, saveCascade } from './cascade-folder.js';

function model(name: string, seed: number, classNames?: readonly string[]): Model {
  const architecture = createArchitecture(name, { classes: classNames?.length ?? 2 });
  const weights = initialWeights(architecture, { seed });
  const means = [0.1 * seed, 0.5, 0.5];
  return { architecture, weights, channelMeans: means, channelDeviations: [0.25, 0.25, 0.25], classNames };
}

const small = model('cifar-resnet8-0.25', 1, ['cat', 'dog']);
const large = model('cifar-resnet14-0.25', 2, ['cat', 'dog']);
const exiting = exitingModel();
const gated = model('dmnn-cifar-resnet8-0.25-n2', 5, ['cat', 'dog']);

function exitingModel(): Model {
  const { architecture, ...rest } = model('cifar-resnet8-0.25', 4, ['cat', 'dog']);
  const withTwo = withExits(architecture, { exits: [0, 1] });
  return { ...rest, architecture: withTwo, weights: initialWeights(withTwo, { seed: 4 }) };
}

describe('cascade', () => {
  it('is plain data with defaults', () => {
    const { parts, settings } = cascade([small, large], { thresholds: [0.75] });
    expect(parts).toEqual([small, large]); // other means are no hindrance
    expect(settings).toEqual({
      by: 'probability',
      combine: 'mean',
      temperatures: [1, 1],
      thresholds: [0.75],
    });
  });

  it('compares classes by name and order, and by number where names are unknown', () => {
    const refused = (other: Model) => () => cascade([small, other], { thresholds: [0.5] });
    expect(refused(model('cifar-resnet8-0.25', 3, ['dog', 'cat']))).toThrow(
      expect.objectContaining({ code: 'DMNN_CASCADE' }),
    );
    expect(refused(model('cifar-resnet8-0.25', 3, ['dog', 'cat']))).toThrow(
      'expected class 0 to be "cat", got "dog" of cifar-resnet8-0.25',
    );
    expect(refused(model('cifar-resnet8-0.25', 3, ['cat', 'dog', 'owl']))).toThrow(
      'expected the 2 classes of cifar-resnet8-0.25, got 3 of',
    );
    expect(refused(model('cifar-resnet8-0.25', 3))).not.toThrow();
    const [unnamed, turned] = [
      model('cifar-resnet8-0.25', 3),
      model('cifar-resnet8-0.25', 3, ['dog', 'cat']),
    ];
    expect(() => cascade([unnamed, small, turned], { thresholds: [0.5, 0.5] })).toThrow('expected class 0');
  });

  it.each([
    [{ thresholds: [] }, 'thresholds: expected 1, one for each stage except the last, got 0'],
    [{ thresholds: [1.2] }, 'thresholds[0]: expected a number from 0 to 1, got 1.2'],
    [{ thresholds: [0.5], temperatures: [1] }, 'temperatures: expected 2, one for each stage, got 1'],
    [{ thresholds: [0.5], temperatures: [1, 0] }, 'temperatures[1]: expected a number > 0, got 0'],
    [{ thresholds: [0.5], combine: 'sum' as never }, "combine: expected 'last' or 'mean', got sum"],
    [
      { thresholds: [0.5], by: 'size' as never },
      "by: expected 'probability', 'margin' or 'entropy', got 'size'",
    ],
  ])('refuses %j', (options, message) => {
    expect(() => cascade([small, large], options)).toThrow(RangeError);
    expect(() => cascade([small, large], options)).toThrow(message);
  });

  it('refuses a single network without exits', () => {
    expect(() => cascade([small], { thresholds: [] })).toThrow(
      'parts: expected at least two networks, or one with exits, got 1',
    );
  });

  it('has a stage for each exit and each head', () => {
    expect(cascadeStages([exiting, small])).toEqual([
      { part: 0, exit: 0 },
      { part: 0, exit: 1 },
      { part: 0 },
      { part: 1 },
    ]);
    expect(cascade([exiting], { thresholds: [0.9, 0.8] }).settings.temperatures).toEqual([1, 1, 1]);
    expect(() => cascade([exiting, small], { thresholds: [0.9, 0.8] })).toThrow('thresholds: expected 3');
  });
});

describe('the folder of a cascade', () => {
  let root: string;
  const importedFrom = { file: 'a.safetensors', sha256: '0'.repeat(64), names: 'torchvision' };
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'dmnn-cascade-'));
    mkdirSync(join(root, 'models'));
    await saveModel(join(root, 'models', 'small'), { ...small, importedFrom });
    await saveModel(join(root, 'models', 'large'), { ...large, importedFrom });
    await saveModel(join(root, 'models', 'exiting'), { ...exiting, importedFrom });
    await saveModel(join(root, 'models', 'gated'), { ...gated, importedFrom });
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  let count = 0;
  async function saved(): Promise<string> {
    const folder = join(root, `cascade${count++}`);
    const parts = [
      await openNetworkData(join(root, 'models', 'small')),
      await openNetworkData(join(root, 'models', 'large')),
    ];
    await saveCascade(folder, cascade(parts, { thresholds: [0.75], temperatures: [2, 3], by: 'margin' }));
    return folder;
  }

  it('names its parts by relative paths, holds no weights, and opens again', async () => {
    const folder = await saved();
    expect([await isCascade(folder), await isCascade(join(root, 'models', 'small'))]).toEqual([true, false]);
    const text = readFileSync(join(folder, 'cascade.json'), 'utf8');
    expect((JSON.parse(text) as { stages: { path: string }[] }).stages.map(({ path }) => path)).toEqual([
      '../models/small',
      '../models/large',
    ]);
    const { parts, settings } = await openCascade(folder);
    expect(settings).toEqual({ by: 'margin', combine: 'mean', temperatures: [2, 3], thresholds: [0.75] });
    expect(parts.map(({ architecture }) => architecture.name)).toEqual([
      'cifar-resnet8-0.25',
      'cifar-resnet14-0.25',
    ]);
    expect(parts[1]?.channelMeans).toEqual(large.channelMeans);
  });

  it('has exits as stages of their own, and refuses other ones than its networks have', async () => {
    const folder = join(root, 'of exits');
    const parts = await Promise.all(
      ['exiting', 'small'].map((name) => openNetworkData(join(root, 'models', name))),
    );
    const settings = { thresholds: [0.9, 0.8, 0.7], temperatures: [1, 2, 3, 4] };
    await saveCascade(folder, cascade(parts, settings));
    expect((await openCascade(folder)).settings).toMatchObject(settings);
    const file = join(folder, 'cascade.json');
    const saved = JSON.parse(readFileSync(file, 'utf8')) as { stages: object[] };
    const written = async (stages: object[]): Promise<string> => {
      const other = join(root, 'of other exits');
      rmSync(other, { recursive: true, force: true });
      const bytes = new TextEncoder().encode(JSON.stringify({ ...saved, stages }));
      await writeCheckpoint(other, new Map([['cascade.json', bytes]]), nodeFileSystem);
      return other;
    };
    const [first, second, head, last] = saved.stages as [object, object, object, object];
    expect([first, second, head].map((stage) => (stage as { exit?: number }).exit)).toEqual([
      0,
      1,
      undefined,
    ]);
    const refused: [object[], RegExp][] = [
      [[second, head, last], /stages\.0: expected exit 0 of .*exiting, got exit 1/],
      [[first, head, last], /stages\.1: expected exit 1 of .*, got the head of/],
      [[first, second, first, head, last], /stages\.2: expected the head of .*, got exit 0 of/],
      [
        [first, second, head, { ...second, exit: 0 }, last],
        /stages\.3: expected the head of .*small, got exit 0/,
      ],
    ];
    for (const [stages, message] of refused)
      await expect(openCascade(await written(stages))).rejects.toThrow(message);
  });

  it('names a checkpoint at two settings twice, and refuses settings that it cannot have', async () => {
    const folder = join(root, 'of settings');
    const whole = await openNetworkData(join(root, 'models', 'gated'));
    const pattern = [
      [true, false],
      [true, true],
      [false, true],
    ];
    const parts = [
      withGates(whole, { threshold: 0.9 }),
      withGates(whole, { pattern }),
      withGates(whole, { pattern: 'all' }),
      whole,
    ];
    await saveCascade(folder, cascade(parts, { thresholds: [0.5, 0.6, 0.7] }));
    const { stages, ...rest } = JSON.parse(readFileSync(join(folder, 'cascade.json'), 'utf8')) as {
      stages: { path: string; setting?: object; weights: string }[];
    };
    expect(new Set(stages.map(({ path }) => path))).toEqual(new Set(['../models/gated']));
    expect(stages.map(({ setting }) => setting)).toEqual([
      { threshold: 0.9 },
      { pattern: '10,11,01' },
      { pattern: 'all' },
      undefined,
    ]);
    const opened = await openCascade(folder);
    expect(opened.parts).toEqual(parts);
    const written = async (setting: unknown): Promise<string> => {
      const other = join(root, 'of other settings');
      rmSync(other, { recursive: true, force: true });
      const all = [{ ...stages[0], setting }, ...stages.slice(1)];
      const bytes = new TextEncoder().encode(JSON.stringify({ ...rest, stages: all }));
      await writeCheckpoint(other, new Map([['cascade.json', bytes]]), nodeFileSystem);
      return other;
    };
    for (const [setting, message] of [
      [{}, /stages\.0\.setting: expected one of width, threshold, pattern, got none/],
      [{ budget: 0.5 }, /stages\.0\.setting\.budget: unknown key, known are width, threshold, pattern/],
      [{ width: 0.5, pattern: 'all' }, /expected one of width, threshold, pattern, got width, pattern/],
      [{ threshold: 2 }, /stages\.0\.setting\.threshold/],
      [{ pattern: '12' }, /stages\.0\.setting\.pattern/],
      [{ threshold: 0.8 }, /network 1 of 4, \.\.\/models\/gated: expected weights with the fingerprint/],
      [{ width: 0.5 }, /network 1 of 4, \.\.\/models\/gated: width: expected 1 for/],
      [{ pattern: '10,11' }, /network 1 of 4, \.\.\/models\/gated: pattern: expected 3 lists/],
    ] as const) {
      const refused = openCascade(await written(setting));
      await expect(refused).rejects.toMatchObject({ code: 'DMNN_MODEL_FOLDER' });
      await expect(refused).rejects.toThrow(message);
    }
  });

  it('names a run that became an imported model', async () => {
    const folder = await saved();
    const file = join(folder, 'cascade.json');
    const stored = JSON.parse(readFileSync(file, 'utf8')) as { stages: object[] };
    stored.stages[0] = { ...stored.stages[0], step: 7 }; // as of a run
    const other = join(root, 'of a run');
    const bytes = new TextEncoder().encode(JSON.stringify(stored));
    await writeCheckpoint(other, new Map([['cascade.json', bytes]]), nodeFileSystem);
    const refused = openCascade(other);
    await expect(refused).rejects.toMatchObject({ code: 'DMNN_MODEL_FOLDER', folder: other });
    await expect(refused).rejects.toThrow(
      /network 1 of 2, \.\.\/models\/small: step: expected none for .*, which was imported.*dmnn eval … --save/,
    );
  });

  it('moves with its parts', async () => {
    const folder = await saved();
    const moved = join(root, 'moved');
    mkdirSync(moved);
    renameSync(join(root, 'models'), join(moved, 'models'));
    renameSync(folder, join(moved, 'both'));
    await expect(openCascade(join(moved, 'both'))).resolves.toMatchObject({ settings: { combine: 'mean' } });
    renameSync(join(moved, 'models'), join(root, 'models'));
  });

  it('is not overwritten; what a process that was killed was writing there goes', async () => {
    const unfinished = unfinishedPath(join(root, `cascade${count}`));
    mkdirSync(unfinished);
    const folder = await saved();
    expect(existsSync(unfinished)).toBe(false);
    const opened = await openCascade(folder);
    await expect(saveCascade(folder, opened)).rejects.toMatchObject({ code: 'DMNN_MODEL_FOLDER' });
  });

  it('notices a changed file, and a part with other weights', async () => {
    const folder = await saved();
    const file = join(folder, 'cascade.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('0.75', '0.85'));
    await expect(openCascade(folder)).rejects.toMatchObject({ code: 'DMNN_MODEL_FOLDER' });
    await expect(openCascade(folder)).rejects.toThrow(/cascade\.json: expected SHA-256/);
    writeFileSync(file, text);
    await expect(openCascade(folder)).resolves.toBeDefined();
    const other = { ...model('cifar-resnet8-0.25', 9, ['cat', 'dog']), importedFrom };
    renameSync(join(root, 'models', 'small'), join(root, 'models', 'kept'));
    await saveModel(join(root, 'models', 'small'), other);
    await expect(openCascade(folder)).rejects.toThrow(/models\/small: expected weights with the fingerprint/);
    rmSync(join(root, 'models', 'small'), { recursive: true });
    await expect(openCascade(folder)).rejects.toMatchObject({ code: 'DMNN_MODEL_FOLDER' });
    renameSync(join(root, 'models', 'kept'), join(root, 'models', 'small'));
  });
});
