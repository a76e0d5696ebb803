import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { otherSets, prefixedSets } from './find-prefix.js';

const expected = ['conv1.weight', 'layer1.0.conv1.weight', 'layer1.0.bn1.bias', 'fc.weight', 'fc.bias'];
const after = (prefix: string) => expected.map((name) => prefix + name);

describe('prefixedSets', () => {
  it('finds any prefix, nested ones too', () => {
    const parts = fc.array(
      fc.constantFrom('module', 'model', 'state_dict', 'ema', 'model_ema', '_orig_mod', 'fc'),
      {
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(parts, (chosen) => {
        const prefix = chosen.map((part) => `${part}.`).join('');
        const [best] = prefixedSets(after(prefix), expected);
        expect(best).toEqual({ prefix, found: expected.length });
        expect(otherSets(after(prefix), expected, prefix)).toEqual([]);
      }),
    );
  });

  it('takes no part of a name for a prefix', () => {
    expect(prefixedSets(['xfc.weight', 'myconv1.weight'], expected)).toEqual([]);
  });

  it('finds a second set, complete or half, and no smaller one', () => {
    const names = [
      ...after('model.'),
      ...after('model_ema.module.').slice(0, 3),
      ...after('aux.').slice(0, 2),
    ];
    expect(otherSets(names, expected, 'model.')).toEqual([{ prefix: 'model_ema.module.', found: 3 }]);
    expect(otherSets(names, expected, 'model_ema.module.')).toEqual([{ prefix: 'model.', found: 5 }]);
  });

  it('does not take a network that holds another under a prefix for two', () => {
    const own = ['fc.weight', 'fc.bias', 'teacher.fc.weight', 'teacher.fc.bias'];
    expect(prefixedSets(own, own)[0]).toEqual({ prefix: '', found: 4 });
    expect(otherSets(own, own, '')).toEqual([]);
  });

  it('is quick with a hostile name', () => {
    expect(prefixedSets(['.'.repeat(14_000_000)], expected)).toEqual([]);
  });
});
