import { describe, expect, it } from 'vitest';
import { builtInDataset } from '../built-in/built-in-dataset.js';
import { foundText } from './found-text.js';
import { PassedOverFiles } from './passed-over-files.js';

const dataset = {
  name: 'pets',
  split: 'test',
  size: 3,
  classes: 4,
  label: (index: number) => index % 2,
} as const;

describe('foundText', () => {
  it('counts images and classes, of those with images if not all have some', () => {
    expect(foundText(builtInDataset({ split: 'test', size: 1 }))).toBe(
      'built-in, test: 1 image of 1 of 100 classes',
    );
    expect(foundText(dataset)).toBe('pets, test: 3 images of 2 of 4 classes');
    const found = { classes: 1, passedOver: [], remarks: [] };
    expect(foundText({ ...dataset, classes: 1, layout: 'class-folders', found })).toBe(
      'pets, test: 3 images of 1 class in class folders',
    );
  });

  it('says what was passed over, why and for example which, and remarks', () => {
    const passed = new PassedOverFiles();
    passed.notRead('cat/a.BMP');
    passed.notRead('cat/b.bmp');
    passed.add({ reason: 'hidden', unit: 'file', example: 'cat/._a.jpg\u001b[2J' });
    passed.notRead('README', 'member');
    const found = { classes: 2, passedOver: passed.list(), remarks: ['The index was written again.'] };
    expect(foundText({ ...dataset, found })).toBe(
      'pets, test: 3 images of 2 of 4 classes; passed over 4: not read: 2 files of .bmp (cat/a.BMP, …), ' +
        'hidden: 1 file (cat/._a.jpg\\u001b[2J), not read: 1 member (README)\n' +
        'pets, test: The index was written again.',
    );
  });
});
