import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import { type Dataset, builtInDataset, holdOut, stratifiedSubset } from '@dmnn/data';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { type OpenedNetworkData, loadRunConfig, recipeNamed } from '@dmnn/runs';
import { datasetFacts, writeRunConfig } from '@dmnn/runs/internal';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { remarksOf, run } from '../../../fixtures/run-captured.js';
import { heldOutImages } from './held-out-images.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-held-out-'));
const whole = join(root, 'whole');
const tiny = [
  ...['train', '--recipe', 'demo', '--backend', 'wasm', '--set', 'model.name=cifar-resnet8-0.25'],
  ...['--set', 'batchSize=8', '--set', 'epochs=1', '--hold-out', '60'],
];

beforeAll(async () => {
  expect(await run([...tiny, '--data', 'built-in=80', '--out', whole])).toMatchObject({ code: 0 });
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const chosen = ['--then', whole, '--backend', 'wasm', '--budgets', '1.2', '--json'];

it('chooses on what all runs held out', async () => {
  const found = await run(['eval', whole, ...chosen, '--data', 'built-in=80']);
  expect(found.code).toBe(0);
  expect(JSON.parse(found.out)).toMatchObject({ chosenOn: 'held-out', choosingImages: 60 });
  // the data are the same, and so are the classes
  expect(remarksOf(found)).not.toMatch(/class names are unknown|not the data/);
});

it.each([['built-in=84'], ['built-in=40']])('refuses to hold out of other data: %s', async (data) => {
  const { code, err } = await run(['eval', whole, ...chosen, '--data', data]);
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(
      /--choose-on: expected the data that cifar-resnet8-0\.25 was trained on with held-out images \(built-in, 60 held out; trained on 20\), got built-in with \d+ training images\. .*--choose-on test-halves/,
    ),
  ]);
});

it('knows data again of which a run was trained on a subset', async () => {
  const mine = (ending: string): Dataset => ({
    ...builtInDataset({ split: 'train', size: 80 }),
    name: 'mine',
    file: (index) => `${index}.${ending}`,
  });
  const held = holdOut(mine('png'), 60);
  const folder = join(root, 'subset');
  mkdirSync(folder);
  const architecture = createArchitecture('cifar-resnet8-0.25');
  const train = datasetFacts(stratifiedSubset(held.train, 8));
  const environment = { backend: 'cpu' } as never;
  await writeRunConfig(
    folder,
    {
      format: 1,
      recipe: recipeNamed('demo'),
      architecture,
      data: { train, test: datasetFacts(held.test) },
      environment,
    },
    nodeFileSystem,
  );
  const part = { architecture, source: { kind: 'run', folder } } as OpenedNetworkData;
  const said: string[] = [];
  const io = { err: (text: string) => void said.push(text) };
  const found = await heldOutImages(part, mine('png'), 60, io);
  expect(said).toEqual([]);
  expect([found.size, found.pixels(7)]).toEqual([60, held.test.pixels(7)]);
  await expect(heldOutImages(part, mine('jpg'), 60, io)).rejects.toThrow(
    '--choose-on: expected the data that',
  );

  // what it began with may have been trained on what it held out
  const config = await loadRunConfig(folder);
  const start = { model: 'cifar-resnet8-0.25', recipe: 'demo', step: 3, sha256: '0'.repeat(64) };
  await writeRunConfig(folder, { ...config, start }, nodeFileSystem);
  await heldOutImages(part, mine('png'), 60, io);
  expect(said).toEqual([expect.stringContaining('began with the weights of cifar-resnet8-0.25; if those')]);
});
