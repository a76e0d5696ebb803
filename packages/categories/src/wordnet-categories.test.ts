import { describe, expect, it } from 'vitest';
import { imagenetCategories } from './imagenet-categories.generated.js';
import { categoryOfClass } from './category-of-class.js';
import { imagenetClasses } from './imagenet-classes.generated.js';
import { wordnetCategories } from './wordnet-categories.js';

describe('wordnetCategories', () => {
  it('gives the 58 of ImageNet for its wnids, in any order', () => {
    const wnids = imagenetClasses.map(({ wnid }) => wnid);
    const { categoryNames, categoryOfClass: of } = wordnetCategories(wnids, { count: 58 });
    expect(categoryNames).toEqual(imagenetCategories.map(({ name }) => name));
    expect(of).toEqual(wnids.map((_, label) => categoryOfClass(label)));
    const turned = wordnetCategories([...wnids].reverse(), { count: 58 });
    expect(turned.categoryOfClass.map((id) => turned.categoryNames[id])).toEqual(
      [...of].reverse().map((id) => categoryNames[id]),
    );
  });

  it('takes words and wnids followed by more, and a class above another', () => {
    const names = ['n02123045_tabby', 'Egyptian cat', 'cat', 'trolleybus', 'minibus', 'school_bus'];
    const { categoryOfClass: of } = wordnetCategories(names, { count: 2 });
    expect(of).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it('chooses a number by itself', () => {
    const some = imagenetClasses.filter(({ index }) => index % 10 === 0).map(({ wnid }) => wnid);
    const { categoryNames } = wordnetCategories(some);
    expect(categoryNames.length).toBeGreaterThan(12);
    expect(categoryNames.length).toBeLessThan(28);
  });

  it.each([
    [['rose window', 'tabby'], /got 1 that are not: "rose window" is none/],
    [['crane', 'tabby'], /"crane" is n\d{8} and n\d{8}/],
    [['n02123045', 'tabby'], /"tabby" and "n02123045" are one/],
    [['n99999999', 'tabby\u001b['], /"n99999999" is none, "tabby\\u001b\[" is none/],
  ])('refuses %j', (names, message) => {
    expect(() => wordnetCategories(names, { count: 2 })).toThrow(message);
  });

  it.each([1, 2.5, Number.NaN])('refuses %j categories', (count) => {
    expect(() => wordnetCategories(['tabby', 'lion'], { count })).toThrow(RangeError);
  });
});
