import { describe, expect, it } from 'vitest';
import { DataError } from './data-error.js';
import { openDataset } from './open-dataset.js';

describe('openDataset', () => {
  it('opens the built-in data', async () => {
    const { train, test } = await openDataset('built-in');
    expect([train.name, train.split, train.size]).toEqual(['built-in', 'train', 8000]);
    expect([test.name, test.split, test.size]).toEqual(['built-in', 'test', 2000]);
    expect(test.channelMeans).toEqual(train.channelMeans);
  });

  it('opens the shapes', async () => {
    const { train, test } = await openDataset('shapes');
    expect([train.name, train.classes, test.split]).toEqual(['shapes', 10, 'test']);
  });

  it('looks for CIFAR-100 at the given path, equals signs included', async () => {
    await expect(openDataset('cifar100=/no/such=folder')).rejects.toThrow(DataError);
    await expect(openDataset('cifar100=/no/such=folder')).rejects.toMatchObject({ file: '/no/such=folder' });
  });

  it('looks for CIFAR-10 at the given path', async () => {
    await expect(openDataset('cifar10=/no/such=folder')).rejects.toMatchObject({ file: '/no/such=folder' });
  });

  it.each(['cifar10', 'cifar10='])('asks for the path of %s', async (spec) => {
    await expect(openDataset(spec)).rejects.toMatchObject({ expected: 'cifar10=PATH', got: 'no path' });
  });

  it.each(['cifar100', 'cifar100='])('asks for the path of %s', async (spec) => {
    await expect(openDataset(spec)).rejects.toMatchObject({
      code: 'DMNN_DATA',
      expected: 'cifar100=PATH',
      got: 'no path',
    });
  });

  it.each([
    ['builtin', ['built-in']],
    ['Built-In', ['built-in']],
    ['built-in=3', ['built-in']],
    ['shape', ['shapes']],
    ['cifar-10=/data', ['cifar10=PATH']],
    ['cifar-100', ['cifar100=PATH']],
    ['imagenet=/data', []],
    ['', []],
  ])('does not know %j', async (spec, suggestions) => {
    const opening = openDataset(spec);
    await expect(opening).rejects.toMatchObject({
      code: 'DMNN_UNKNOWN_DATASET',
      details: { spec, suggestions },
    });
    await expect(opening).rejects.toThrow(
      `expected built-in or shapes or cifar10=PATH or cifar100=PATH, got ${JSON.stringify(spec)}.`,
    );
  });
});
