import { describe, expect, it } from 'vitest';
import { cifar100CategoryOfClass } from './cifar100-category-of-class.js';
import { cifar100Classes, cifar100Superclasses } from './cifar100.generated.js';

const members = (category: string) =>
  cifar100Classes.filter((_, index) => cifar100Superclasses[cifar100CategoryOfClass(index)] === category);

describe('cifar100CategoryOfClass', () => {
  it('puts five of the 100 classes in each of the 20 superclasses', () => {
    expect([cifar100Classes.length, cifar100Superclasses.length]).toEqual([100, 20]);
    for (const category of cifar100Superclasses) expect(members(category)).toHaveLength(5);
  });

  // Krizhevsky's own table, https://www.cs.toronto.edu/~kriz/cifar.html, in the data set's spelling
  it.each([
    ['aquatic_mammals', 'beaver dolphin otter seal whale'],
    ['flowers', 'orchid poppy rose sunflower tulip'],
    ['medium_mammals', 'fox porcupine possum raccoon skunk'],
    ['vehicles_2', 'lawn_mower rocket streetcar tank tractor'],
    ['non-insect_invertebrates', 'crab lobster snail spider worm'],
  ])('%s', (category, names) => {
    expect(members(category)).toEqual(names.split(' '));
  });

  it('lists names in the order of the labels, which is alphabetical', () => {
    expect(cifar100Classes).toEqual([...cifar100Classes].sort());
    expect(cifar100Superclasses).toEqual([...cifar100Superclasses].sort());
  });

  it.each([-1, 100, 1.5, Number.NaN])('refuses class %d', (index) => {
    expect(() => cifar100CategoryOfClass(index)).toThrow(`expected an integer from 0 to 99, got ${index}`);
  });
});
