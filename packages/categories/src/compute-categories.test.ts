import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { categoryOfClass } from './category-of-class.js';
import { computeCategories } from './compute-categories.js';
import { imagenetCategories } from './imagenet-categories.generated.js';
import { imagenetClasses } from './imagenet-classes.generated.js';

// The tables were computed by another implementation (integer DP in Python) and hold its whole result.
function rows(name: string): string[][] {
  const text = readFileSync(new URL(`../tables/${name}`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.slice(1).map((line) => line.split('\t'));
}

describe('computeCategories', () => {
  const computed = computeCategories();

  it('finds the optimum of the rule', () => {
    expect(computed.cost).toBe(4_824_832_204);
  });

  it('assigns all 1000 classes as the independent implementation did', () => {
    const expected = rows('imagenet58.tsv');
    expect(expected).toHaveLength(1000);
    for (const [index, wnid, , id, categoryWnid, categoryName] of expected) {
      const category = computed.categories[computed.categoryOfClass[Number(index)]!]!;
      expect([
        imagenetClasses[Number(index)]!.wnid,
        String(category.id),
        category.wnid,
        category.name,
      ]).toEqual([wnid, id, categoryWnid, categoryName]);
    }
  });

  it('names, numbers and groups the 58 as the independent implementation did', () => {
    const expected = rows('imagenet58_categories.tsv');
    expect(
      computed.categories.map(({ id, wnid, name, size, group }) => [
        String(id),
        wnid,
        name,
        String(size),
        group ?? '',
      ]),
    ).toEqual(expected.map(([id, wnid, name, size, , group]) => [id, wnid, name, size, group]));
  });

  it('is what is shipped', () => {
    expect(imagenetCategories).toEqual(computed.categories);
    expect(imagenetClasses.map(({ index }) => categoryOfClass(index))).toEqual(computed.categoryOfClass);
  });

  it('keeps the four groups of Fig. 7 apart', () => {
    const inGroup = (group: string | null) => {
      const found = computed.categories.filter((category) => category.group === group);
      return [found.reduce((sum, { size }) => sum + size, 0), found.length];
    };
    expect(inGroup('animals')).toEqual([398, 25]);
    expect(inGroup('artifacts')).toEqual([522, 26]);
    expect(inGroup('natural objects')).toEqual([17, 1]);
    expect(inGroup('geological formations')).toEqual([9, 1]);
    expect(inGroup(null)).toEqual([54, 5]);
  });

  it('has sizes from 5 to 41, entropy 5.651 bit and distinct names', () => {
    const sizes = computed.categories.map(({ size }) => size);
    expect([Math.min(...sizes), Math.max(...sizes), sizes.reduce((a, b) => a + b)]).toEqual([5, 41, 1000]);
    const entropy = -sizes.reduce((sum, size) => sum + (size / 1000) * Math.log2(size / 1000), 0);
    expect(entropy).toBeCloseTo(5.651, 3);
    expect(new Set(computed.categories.map(({ name }) => name)).size).toBe(58);
    expect(computed.categories.filter(({ name }) => name.endsWith(' (other)'))).toHaveLength(11);
  });

  it('only adds mollusk from 57 to 58, and electronic equipment from 58 to 59', () => {
    const wnids = (count: number) => computeCategories({ count }).categories.map(({ wnid }) => wnid);
    const [at57, at58, at59] = [wnids(57), wnids(58), wnids(59)];
    expect(at58.filter((wnid) => !at57.includes(wnid))).toEqual(['n01940736']);
    expect(at59.filter((wnid) => !at58.includes(wnid))).toEqual(['n03278248']);
    expect([at57.length, at59.length]).toEqual([57, 59]);
  });

  it('gives another, unique optimum without the groups', () => {
    const { categories, categoryOfClass: ids } = computeCategories({ groups: [] });
    const changed = ids.filter(
      (id, index) => categories[id]!.wnid !== computed.categories[computed.categoryOfClass[index]!]!.wnid,
    );
    expect(changed).toHaveLength(29);
    expect(categories.every(({ group }) => group === null)).toBe(true);
  });

  it('gives another, unique optimum for at least 6 classes', () => {
    const { categories, categoryOfClass: ids } = computeCategories({ minimumClasses: 6 });
    const changed = ids.filter(
      (id, index) => categories[id]!.wnid !== computed.categories[computed.categoryOfClass[index]!]!.wnid,
    );
    expect(changed).toHaveLength(75);
    expect(Math.min(...categories.map(({ size }) => size))).toBeGreaterThanOrEqual(6);
  });

  it.each([
    [{ minimumClasses: 3 }, 10],
    [{ minimumClasses: 4 }, 5],
  ])('refuses %o, saying that %i selections are equally good', (options, equallyGood) => {
    const compute = () => computeCategories(options);
    expect(compute).toThrow(expect.objectContaining({ code: 'DMNN_CATEGORIES' }));
    expect(compute).toThrow(expect.objectContaining({ details: { equallyGood } }));
    expect(compute).toThrow(`got ${equallyGood} equally good ones`);
  });

  it.each([51, 60])('refuses %i categories, where there are ties', (count) => {
    expect(() => computeCategories({ count })).toThrow(/equally good/);
  });

  it('refuses what cannot be: too many, too large, a group that is not there', () => {
    expect(() => computeCategories({ count: 400 })).toThrow(/no 400 categories of at least 5 classes/);
    expect(() => computeCategories({ count: 3 })).toThrow(/no 3 categories/); // four groups and the rest need more
    expect(() => computeCategories({ minimumClasses: 10 })).toThrow(/no 58/); // geological formations has 9
    expect(() => computeCategories({ groups: [{ name: 'dogs', wnid: 'n99999999' }] })).toThrow(
      /n99999999 \(dogs\)/,
    );
  });

  it.each([0, -1, 2.5, Number.NaN])('refuses a count or minimum of %d', (bad) => {
    expect(() => computeCategories({ count: bad })).toThrow(RangeError);
    expect(() => computeCategories({ minimumClasses: bad })).toThrow(RangeError);
  });
});
