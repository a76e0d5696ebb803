import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import { nodeFileSystem } from '@dmnn/foundation/node';
import { describe, expect, it } from 'vitest';
import { type RunConfig, environmentDifferences, recipeNamed } from '@dmnn/runs';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { computeEnvironment } from './compute-environment.js';
import {
  datasetFacts,
  plainDifferences,
  readRunConfig,
  runFingerprint,
  writeRunConfig,
} from '@dmnn/runs/internal';

const config: RunConfig = {
  format: 1,
  recipe: recipeNamed('dmnn-cifar-resnet20-n2'),
  architecture: createArchitecture('dmnn-cifar-resnet20-n2'),
  data: { train: datasetFacts(tinyDataset('train', 8)), test: datasetFacts(tinyDataset('test', 4)) },
  environment: computeEnvironment({ version: '1', threads: 2 }),
};

describe('config.json', () => {
  it('comes back as it was written, and with it the fingerprint', async () => {
    await inTemporaryFolder(async (folder) => {
      expect(await readRunConfig(folder, nodeFileSystem)).toBeUndefined();
      await writeRunConfig(folder, config, nodeFileSystem);
      const read = await readRunConfig(folder, nodeFileSystem);
      expect(read).toEqual(config);
      expect(runFingerprint(read!)).toBe(runFingerprint(config));
      expect(runFingerprint({ ...config, recipe: { ...config.recipe, seed: 9 } })).not.toBe(
        runFingerprint(config),
      );
    });
  });

  it('records names of files as a digest, and what a data set says of itself', () => {
    const { photographs, ...plain } = datasetFacts(tinyDataset('test', 4));
    expect([photographs, 'facts' in plain]).toEqual([undefined, false]);
    const named = { ...tinyDataset('test', 2), file: (index: number) => `some/folder/${index}.jpg` };
    const lines = [0, 1].map((index) => `${named.label(index)} ${index}.jpg\n`);
    const digest = createHash('sha256').update(lines.join('')).digest('hex');
    expect(datasetFacts(named).photographs).toEqual({ layout: 'other', digest });
    expect(datasetFacts({ ...named, layout: 'tar-shards' }).photographs?.layout).toBe('tar-shards');
    const [then, now] = [3, 4].map((version) => ({
      ...config,
      data: { ...config.data, train: datasetFacts({ ...tinyDataset('train', 8), facts: { version } }) },
    }));
    expect(plainDifferences('', then, now)).toEqual(['data.train.facts.version: 3 then, 4 now']);
    expect(runFingerprint(then!)).not.toBe(runFingerprint(now!));
  });

  it.each(['{', '{"format": 2}', 'null'])('rejects what is no configuration: %s', async (text) => {
    await inTemporaryFolder(async (folder) => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'config.json'), text);
      await expect(readRunConfig(folder, nodeFileSystem)).rejects.toMatchObject({ code: 'DMNN_RUN_FOLDER' });
    });
  });
});

describe('plainDifferences', () => {
  it('names every place, with both values', () => {
    const then = { a: 1, b: { c: [1, 2], d: null }, e: 'x' };
    const now = { a: 1, b: { c: [1, 3, 4], d: { f: 1 } }, g: true };
    expect(plainDifferences('recipe', then, now)).toEqual([
      'recipe.b.c.1: 2 then, 3 now',
      'recipe.b.c.2: nothing then, 4 now',
      'recipe.b.d: null then, {"f":1} now',
      'recipe.e: "x" then, nothing now',
      'recipe.g: nothing then, true now',
    ]);
    expect(plainDifferences('', then, structuredClone(then))).toEqual([]);
  });
});

describe('environmentDifferences', () => {
  it('names both sides of what differs', () => {
    const now = { ...config.environment, threads: 1, backend: 'wasm' };
    expect(environmentDifferences(config.environment, now)).toEqual([
      'backend: cpu then, wasm now',
      'threads: 2 then, 1 now',
    ]);
    expect(environmentDifferences(now, now)).toEqual([]);
  });
});
