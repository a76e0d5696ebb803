import { imagenetClasses } from '@dmnn/categories';
import { describe, expect, it } from 'vitest';
import { namedClasses } from './named-classes.js';

const identity = imagenetClasses.map(({ index }) => [index]);
const first = imagenetClasses.map(({ names }) => names[0] ?? '');

describe('namedClasses', () => {
  it('takes wnids, alone or followed by names, in any order', () => {
    expect(
      namedClasses(['n15075141', 'n01440764 tench', 'n02012849, crane', 'n99999999', 'n014407641']),
    ).toEqual([[999], [0], [134], [], []]);
    const wnids = imagenetClasses.map(({ wnid }) => wnid);
    expect(namedClasses(wnids)).toEqual(identity);
    expect(namedClasses([...wnids].reverse())).toEqual([...identity].reverse());
  });

  it('takes names, one or several of a class', () => {
    expect(
      namedClasses(['tench, Tinca tinca', 'Goldfish', 'great_white_shark', 'maillot, tank suit']),
    ).toEqual([[0], [1], [2], [639]]);
    expect(namedClasses(['cat', 'tench, goldfish', ''])).toEqual([[], [], []]);
  });

  it('leaves open what two classes share', () => {
    expect(namedClasses(['crane', 'maillot'])).toEqual([
      [134, 517],
      [638, 639],
    ]);
  });

  it('takes a list of 1000 in the order of ImageNet for it: all names of each class, or the first, as torchvision', () => {
    expect(namedClasses(imagenetClasses.map(({ names }) => names.join(', ')))).toEqual(identity);
    expect(namedClasses(first)).toEqual(identity);
  });

  it('does not if one unambiguous name stands elsewhere, one is unknown, or one is missing', () => {
    const swapped = [first[1]!, first[0]!, ...first.slice(2)];
    expect(namedClasses(swapped)[134]).toEqual([134, 517]);
    expect(namedClasses(swapped)[0]).toEqual([1]);
    expect(namedClasses(first.map((name, i) => (i === 5 ? 'background' : name)))[134]).toEqual([134, 517]);
    expect(namedClasses(first.slice(1))[133]).toEqual([134, 517]);
    expect(namedClasses(['background', ...first])[135]).toEqual([134, 517]);
  });
});
