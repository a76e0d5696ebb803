import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createArchitecture } from '@dmnn/backbones';
import { classNamesOf, builtInDataset } from '@dmnn/data';
import { type Weights, WeightsError, writeSafetensors } from '@dmnn/weights';
import { createNetwork } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { loadRun } from './load-run.js';
import { inTemporaryFolder, tinyDataset } from '@dmnn/test-kit';
import { tinyStaticRecipe } from '../fixtures/tiny-recipe.js';
import { train } from '../train.js';
import { type SavedModel, openNetworkData, saveModel } from '@dmnn/runs';

const architecture = createArchitecture('cifar-resnet8-0.25', { classes: 4, imageSizePx: 8 });

async function tinyModel(seed = 1): Promise<SavedModel> {
  const network = createNetwork(architecture, { seed });
  const weights = await network.weights();
  network.dispose();
  return {
    architecture,
    weights,
    channelMeans: [0.1, 0.2, 0.3],
    channelDeviations: [0.4, 0.5, 0.6],
    classNames: ['a', 'b', 'c', 'd'],
    importedFrom: { file: 'tiny.safetensors', sha256: 'ab'.repeat(32), names: 'torchvision' },
  };
}

function bytesOf(weights: Weights): Buffer {
  return Buffer.from(writeSafetensors(weights));
}

describe('openNetworkData, of an imported model', () => {
  it('gives back what was saved, and makes no tensors', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'deep', 'model');
      const { weights, importedFrom, ...rest } = await tinyModel();
      await saveModel(path, { weights, importedFrom, ...rest });
      const before = tf.memory().numTensors;
      const { weights: found, source, ...others } = await openNetworkData(path);
      expect(tf.memory().numTensors).toBe(before);
      expect(others).toEqual(rest);
      expect(bytesOf(found).equals(bytesOf(weights))).toBe(true);
      expect(source).toEqual({ kind: 'imported', folder: path, importedFrom });
      expect(await readdir(join(folder, 'deep'))).toEqual(['model']);
    });
  });

  it('needs no class names', async () => {
    await inTemporaryFolder(async (folder) => {
      const { classNames, ...model } = await tinyModel();
      await saveModel(join(folder, 'm'), model);
      expect(classNames).toHaveLength(4);
      expect(await openNetworkData(join(folder, 'm'))).not.toHaveProperty('classNames');
    });
  });

  it('refuses a narrow width, since there is one', async () => {
    await inTemporaryFolder(async (folder) => {
      await saveModel(join(folder, 'm'), await tinyModel());
      await expect(openNetworkData(join(folder, 'm'), { width: 0.5 })).rejects.toThrow(
        /width: expected 1 for .* got 0\.5/,
      );
      expect(await openNetworkData(join(folder, 'm'), { width: 1 })).toHaveProperty('architecture');
    });
  });

  it('refuses a step, since there are none', async () => {
    await inTemporaryFolder(async (folder) => {
      await saveModel(join(folder, 'm'), await tinyModel());
      await expect(openNetworkData(join(folder, 'm'), { step: 3 })).rejects.toThrow(/step: expected none/);
    });
  });

  it('shows a changed byte of any of its files', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'm');
      await saveModel(path, await tinyModel());
      for (const name of ['architecture.json', 'model.json', 'weights.safetensors']) {
        const intact = await readFile(join(path, name));
        const damaged = Uint8Array.from(intact);
        damaged[damaged.length >> 1]! ^= 1;
        await writeFile(join(path, name), damaged);
        await expect(openNetworkData(path)).rejects.toMatchObject({
          code: 'DMNN_MODEL_FOLDER',
          problems: [expect.stringContaining(`${name}: expected SHA-256`)],
        });
        await writeFile(join(path, name), intact);
      }
      await rm(join(path, 'weights.safetensors'));
      await expect(openNetworkData(path)).rejects.toThrow('weights.safetensors: missing');
    });
  });
});

describe('saveModel', () => {
  it('writes nothing over anything', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = await tinyModel();
      await mkdir(join(folder, 'empty'));
      await saveModel(join(folder, 'empty'), model);
      await expect(saveModel(join(folder, 'empty'), model)).rejects.toThrow(
        /expected a new or empty folder, got one with architecture.json/,
      );
      await writeFile(join(folder, 'file'), 'mine');
      await expect(saveModel(join(folder, 'file'), model)).rejects.toMatchObject({
        code: 'DMNN_MODEL_FOLDER',
      });
      expect(await readFile(join(folder, 'file'), 'utf8')).toBe('mine');
      await symlink(join(folder, 'empty'), join(folder, 'link'));
      await expect(saveModel(join(folder, 'link'), model)).rejects.toThrow(/expected a new or empty folder/);
    });
  });

  it('says which fact is none', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = await tinyModel();
      const broken = {
        ...model,
        channelMeans: [0.1, NaN, 0.3],
        channelDeviations: [0.1, 0, 0.3],
        classNames: ['only one'],
        importedFrom: { ...model.importedFrom, sha256: 'short' },
      };
      await expect(saveModel(join(folder, 'm'), broken)).rejects.toMatchObject({
        problems: [
          expect.stringContaining('channelMeans.1'),
          expect.stringContaining('channelDeviations.1'),
          expect.stringContaining('classNames'),
          expect.stringContaining('importedFrom.sha256'),
        ],
      });
      expect(await readdir(folder)).toEqual([]);
    });
  });

  it('refuses weights of another architecture', async () => {
    await inTemporaryFolder(async (folder) => {
      const model = await tinyModel();
      await expect(
        saveModel(join(folder, 'm'), { ...model, architecture: createArchitecture('cifar-resnet8') }),
      ).rejects.toBeInstanceOf(WeightsError);
    });
  });
});

describe('openNetworkData, of a run', () => {
  it('gives the network of the best or of the latest checkpoint', async () => {
    await inTemporaryFolder(async (folder) => {
      const data = { train: tinyDataset('train', 8), test: tinyDataset('test', 4) };
      await train({ recipe: tinyStaticRecipe({ epochs: 3 }), data, folder });
      for (const which of ['best', 'latest'] as const) {
        const model = await openNetworkData(folder, { which });
        const { network, checkpoint } = await loadRun(folder, { which });
        expect(bytesOf(model.weights).equals(bytesOf(await network.weights()))).toBe(true);
        network.dispose();
        expect(model.architecture).toEqual(network.architecture);
        expect(model.channelMeans).toEqual(data.train.channelMeans);
        expect(model.channelDeviations).toEqual(data.train.channelDeviations);
        expect(model.classNames).toEqual(data.train.classNames); // written down: data of somebody's own
        expect(model.source).toEqual({
          kind: 'run',
          folder,
          checkpoint,
          recipe: 'tiny',
          dataset: 'tiny',
          trainingImages: 8,
          testImages: 4,
        });
      }
      expect((await openNetworkData(folder, { step: 4 })).source).toMatchObject({ checkpoint: { step: 4 } });
    });
  });

  it('knows what the classes of known data are called, and takes the names of data that only have the same name', async () => {
    await inTemporaryFolder(async (folder) => {
      const [known, alien] = [join(folder, 'known'), join(folder, 'alien')];
      const recipe = tinyStaticRecipe({ epochs: 1 });
      const train8 = builtInDataset({ split: 'train', size: 8 });
      await train({
        recipe,
        data: { train: train8, test: builtInDataset({ split: 'test', size: 4 }) },
        folder: known,
      });
      expect((await openNetworkData(known)).classNames).toEqual(classNamesOf('built-in'));
      const named = { name: 'cifar100' };
      await train({
        recipe,
        data: {
          train: { ...tinyDataset('train', 8), ...named },
          test: { ...tinyDataset('test', 4), ...named },
        },
        folder: alien,
      });
      expect((await openNetworkData(alien)).classNames).toEqual(tinyDataset('train', 8).classNames);
    });
  });
});

describe('openNetworkData, of something else', () => {
  it('says what was expected', async () => {
    await inTemporaryFolder(async (folder) => {
      await expect(openNetworkData(join(folder, 'absent'))).rejects.toThrow(/expected the folder of a run/);
      await expect(openNetworkData(folder)).rejects.toThrow(/got neither/);
      await writeFile(join(folder, 'model.safetensors'), '');
      await expect(openNetworkData(join(folder, 'model.safetensors'))).rejects.toThrow(/got a file/);
    });
  });

  it.skipIf(process.platform === 'win32')('says what is there instead of a file', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, 'config.json');
      await mkdir(file);
      await expect(openNetworkData(folder)).rejects.toThrow(
        `${file}: expected a file that can be read, got a folder.`,
      );
      await rm(file, { recursive: true });
      execFileSync('mkfifo', [file]);
      await expect(openNetworkData(folder)).rejects.toThrow(
        `${file}: expected a file that can be read, got a pipe.`,
      );
      await expect(openNetworkData('/dev/null')).rejects.toThrow('expected a folder, got a device.');
    });
  });

  it('takes a model folder that was copied', async () => {
    await inTemporaryFolder(async (folder) => {
      await saveModel(join(folder, 'm'), await tinyModel());
      await cp(join(folder, 'm'), join(folder, 'copy'), { recursive: true });
      expect((await openNetworkData(join(folder, 'copy'))).architecture).toEqual(architecture);
    });
  });
});
