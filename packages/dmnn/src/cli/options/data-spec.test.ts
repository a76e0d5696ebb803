import { describe, expect, it } from 'vitest';
import { assertDataSpec } from './data-spec.js';

describe('assertDataSpec', () => {
  it.each([
    'built-in',
    'built-in=4',
    'built-in=1000000',
    'shapes',
    'shapes=4',
    'cifar10=x',
    'cifar100=x',
    'cifar100=a=b',
    'imagenet=x',
    'folder=a=b',
  ])('takes %s', (spec) => {
    expect(() => {
      assertDataSpec(spec, { images: true });
    }).not.toThrow();
  });

  it.each([
    ['built-in=3', 'DMNN_USAGE', 'an integer >= 4'],
    ['built-in=', 'DMNN_USAGE', 'an integer >= 4'],
    ['built-in=many', 'DMNN_USAGE', 'an integer >= 4'],
    ['shapes=', 'DMNN_USAGE', 'an integer >= 4'],
    ['shape', 'DMNN_UNKNOWN_DATASET', 'Did you mean shapes?'],
    ['cifar10', 'DMNN_USAGE', "CIFAR-10's binary version"],
    ['cifar10=', 'DMNN_USAGE', "CIFAR-10's binary version"],
    ['cifar100', 'DMNN_USAGE', "CIFAR-100's binary version"],
    ['cifar100=', 'DMNN_USAGE', "CIFAR-100's binary version"],
    ['imagenet', 'DMNN_USAGE', 'the folder that holds ImageNet'],
    ['imagenet=', 'DMNN_USAGE', 'the folder that holds ImageNet'],
    ['folder', 'DMNN_USAGE', 'train/ and val/'],
    ['folder=', 'DMNN_USAGE', 'one folder per class'],
    ['foldr=x', 'DMNN_UNKNOWN_DATASET', 'Did you mean folder=PATH?'],
    ['cifr100=x', 'DMNN_UNKNOWN_DATASET', 'Did you mean cifar100=PATH?'],
    ['cifer10=x', 'DMNN_UNKNOWN_DATASET', 'Did you mean cifar10=PATH?'],
    ['imagnet=x', 'DMNN_UNKNOWN_DATASET', 'Did you mean imagenet=PATH?'],
    ['builtin', 'DMNN_UNKNOWN_DATASET', 'Did you mean built-in?'],
    ['mnist', 'DMNN_UNKNOWN_DATASET', 'got "mnist".'],
    ['', 'DMNN_UNKNOWN_DATASET', 'got "".'],
    ['/some/folder', 'DMNN_UNKNOWN_DATASET', 'got "/some/folder".'],
  ])('refuses %j and names every form', (spec, code, message) => {
    const check = (): void => {
      assertDataSpec(spec, { images: true });
    };
    expect(check).toThrow(expect.objectContaining({ code }));
    expect(check).toThrow(message);
    for (const form of [
      'built-in,',
      'built-in=IMAGES',
      'shapes,',
      'cifar10=PATH',
      'cifar100=PATH',
      'imagenet=PATH',
      'folder=PATH',
    ])
      expect(check).toThrow(form);
  });

  it('names only the forms that a command takes', () => {
    const check = (): void => {
      assertDataSpec('imagenet=x', { images: false });
    };
    expect(check).toThrow(
      /expected built-in, built-in=IMAGES \(fewer of them\), shapes, shapes=IMAGES, cifar10=PATH or cifar100=PATH, got imagenet=x: only train/,
    );
  });
});
