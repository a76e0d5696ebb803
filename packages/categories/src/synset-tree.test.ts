import { describe, expect, it } from 'vitest';
import type { Synset } from './synset.js';
import { primaryHypernyms, synsetTree } from './synset-tree.js';
import { wordnetSynsets } from './wordnet-synsets.generated.js';

const synset = (wnid: string, hypernyms: string[], classIndex?: number): Synset => ({
  wnid,
  lemmas: [wnid],
  hypernyms,
  ...(classIndex !== undefined && { classIndex }),
});
const entity = 'n00001740';
const physical = 'n00001930';

describe('primaryHypernyms', () => {
  const primary = primaryHypernyms(wordnetSynsets);

  it.each([
    ['game bird', 'n02153203', 'n01789386'],
    ['edible fruit', 'n07705931', 'n13134947'],
    ['substance', 'n00019613', 'n00020827'],
    ['tank', 'n04389033', 'n02740533'],
    ['bar', 'n09214060', 'n09214581'],
  ])('hangs %s where the published check value says', (_, wnid, hypernym) => {
    expect(primary.get(wnid)).toBe(hypernym);
  });

  it('agrees with the order in which the table lists hypernyms', () => {
    for (const { wnid, hypernyms } of wordnetSynsets) expect(primary.get(wnid)).toBe(hypernyms[0]);
  });

  it('follows the longest chain to physical entity, the first listed among equals', () => {
    // c is 3 from the top by b; d may choose b (2) or b2 (2): the first
    const found = primaryHypernyms([
      synset(entity, []),
      synset(physical, [entity]),
      synset('a', [physical]),
      synset('b', ['a']),
      synset('b2', ['a']),
      synset('c', ['a', 'b']),
      synset('d', ['b2', 'b']),
      synset('abstract', [entity]),
      synset('e', ['abstract', physical]),
    ]);
    expect([found.get('c'), found.get('d'), found.get('e'), found.get(entity)]).toEqual([
      'b',
      'b2',
      physical,
      undefined,
    ]);
  });

  it('refuses a missing hypernym and a cycle', () => {
    expect(() => primaryHypernyms([synset('a', ['gone'])])).toThrow(/none named gone/);
    expect(() => primaryHypernyms([synset('a', ['b']), synset('b', ['a'])])).toThrow(/one through b/);
  });
});

describe('synsetTree', () => {
  const { root, nodes } = synsetTree(wordnetSynsets);

  it('has 1815 synsets, 375 of which branch, over 1000 classes', () => {
    expect(wordnetSynsets).toHaveLength(1860);
    expect(nodes.size).toBe(1815);
    expect([...nodes.values()].filter(({ children }) => children.length > 1)).toHaveLength(375);
    expect(root.classes).toBe(1000);
  });

  it.each([
    ['dog', 'n02084071', 118],
    ['bird', 'n01503061', 59],
    ['mammal', 'n01861778', 218],
    ['artifact', 'n00021939', 522],
    ['animal', 'n00015388', 398],
  ])('counts the classes under %s', (_, wnid, classes) => {
    expect(nodes.get(wnid)!.classes).toBe(classes);
  });

  it('refuses a chain that ends elsewhere, and no classes', () => {
    expect(() => synsetTree([synset(entity, []), synset('island', [], 0)])).toThrow(
      /one that ends in island/,
    );
    expect(() => synsetTree([synset(entity, [])])).toThrow(/got none/);
  });
});
