import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { categoryOfClass } from './category-of-class.js';
import { categoryOfWnid } from './category-of-wnid.js';
import { imagenetCategories } from './imagenet-categories.generated.js';
import { imagenetClasses } from './imagenet-classes.generated.js';
import { wordnetSynsets } from './wordnet-synsets.generated.js';

describe('imagenetClasses', () => {
  it('are the table, in its order', () => {
    const table = readFileSync(new URL('../tables/ilsvrc2012_classes.tsv', import.meta.url), 'utf8');
    const lines = table.trimEnd().split('\n').slice(2);
    expect(
      imagenetClasses.map(({ index, wnid, names }) => [index, wnid, names.join(', ')].join('\t')),
    ).toEqual(lines);
    expect([imagenetClasses[0]!.names[0], imagenetClasses[999]!.wnid]).toEqual(['tench', 'n15075141']);
  });

  it('have the index and the names that the synsets have', () => {
    const classes = wordnetSynsets.filter(({ classIndex }) => classIndex !== undefined);
    expect(classes).toHaveLength(1000);
    for (const { wnid, lemmas, classIndex } of classes) {
      expect(imagenetClasses[classIndex!]).toEqual({ index: classIndex, wnid, names: lemmas });
    }
  });
});

describe('categoryOfClass and categoryOfWnid', () => {
  it('agree on every class', () => {
    for (const { index, wnid } of imagenetClasses) expect(categoryOfWnid(wnid)).toBe(categoryOfClass(index));
  });

  it('tell the two cranes apart', () => {
    const of = (index: number) => imagenetCategories[categoryOfClass(index)]!.name;
    expect([of(134), of(517)]).toEqual(['aquatic bird', 'device (other)']);
  });

  it.each([-1, 1000, 0.5, Number.NaN])('refuse class %d', (index) => {
    expect(() => categoryOfClass(index)).toThrow(
      `classIndex: expected an integer from 0 to 999, got ${index}`,
    );
  });

  it.each(['n00001740', '', 'n99999999', 'tench'])('refuse wnid %j', (wnid) => {
    expect(() => categoryOfWnid(wnid)).toThrow(expect.objectContaining({ code: 'DMNN_CATEGORIES' }));
  });
});
