import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInDataset } from './built-in/built-in-dataset.js';
import { classNamesOf, withoutHeldOut } from './class-names-of.js';
import { holdOut } from './hold-out.js';
import { shapesDataset } from './built-in/shapes-dataset.js';
import { openImagenetFolder } from './imagenet/image-folder.js';

describe('classNamesOf', () => {
  it('says what the data sets themselves say', async () => {
    expect(classNamesOf('built-in')).toEqual(builtInDataset({ split: 'test', size: 1 }).classNames);
    expect(classNamesOf('shapes')).toEqual(shapesDataset({ split: 'test', size: 1 }).classNames);
    const folder = await mkdtemp(join(tmpdir(), 'dmnn-data-'));
    try {
      await mkdir(join(folder, 'n01440764'));
      await writeFile(join(folder, 'n01440764', 'a.jpg'), '');
      expect(classNamesOf('imagenet')).toEqual((await openImagenetFolder(folder, 'test')).classNames);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('knows CIFAR-100 in the order of its labels', () => {
    expect(classNamesOf('cifar100')).toHaveLength(100);
    expect(classNamesOf('cifar100')?.slice(0, 3)).toEqual(['apple', 'aquarium_fish', 'baby']);
  });

  it('knows data of which images were held out', () => {
    const { train } = holdOut(builtInDataset({ split: 'train', size: 8 }), 3);
    expect(classNamesOf(train.name)).toEqual(classNamesOf('built-in'));
    expect(withoutHeldOut(train.name)).toEqual({ name: 'built-in', heldOut: 3 });
    expect(withoutHeldOut('mine, 3 of them')).toEqual({ name: 'mine, 3 of them' });
  });

  it('does not guess', () => {
    expect(classNamesOf('images of mine')).toBeUndefined();
  });
});
