import type { DmnnError } from '@dmnn/foundation';
import { createArchitecture } from '@dmnn/backbones';
import { variableSpecs } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import type { NameMap } from './name-map.js';
import { filledIn, namePattern, wildcard } from './name-pattern.js';
import { resolveNames } from './resolve-names.js';

const specs = variableSpecs(createArchitecture('cifar-resnet8-pad'));
const blocks = { 'stage{s}.block{b}.subblock0.unit{u}': ['l{s}.{b}.c{u}', 'l{s}.{b}.n{u}'] } as const;
const whole: NameMap['names'] = { 'stem.unit0': ['conv', 'norm'], ...blocks, 'head.linear': 'fc' };

function problemsOf(names: NameMap['names']): readonly string[] {
  try {
    resolveNames(specs, { names });
  } catch (error) {
    expect(error).toMatchObject({ code: 'DMNN_NAME_MAP' });
    return (error as DmnnError).details['problems'] as readonly string[];
  }
  return [];
}

const sourcesOf = (names: NameMap['names']) =>
  new Map(resolveNames(specs, { names }).map(({ spec, source }) => [spec.name, source]));

describe('resolveNames', () => {
  it('finds PyTorch’s names of a unit’s variables', () => {
    const sources = sourcesOf(whole);
    expect(sources.size).toBe(specs.length);
    expect([...sources].filter(([name]) => name.startsWith('stage2.block0.subblock0.unit1'))).toEqual([
      ['stage2.block0.subblock0.unit1.weight', 'l2.0.c1.weight'],
      ['stage2.block0.subblock0.unit1.gamma', 'l2.0.n1.weight'],
      ['stage2.block0.subblock0.unit1.beta', 'l2.0.n1.bias'],
      ['stage2.block0.subblock0.unit1.movingMean', 'l2.0.n1.running_mean'],
      ['stage2.block0.subblock0.unit1.movingVariance', 'l2.0.n1.running_var'],
    ]);
    expect(sources.get('head.linear.bias')).toBe('fc.bias');
  });

  it('takes an exception in addition to a rule, for a unit or for one variable', () => {
    const sources = sourcesOf({
      ...whole,
      'stage1.block0.subblock0.unit0': ['odd', 'odd_norm'],
      'head.linear.bias': 'my.bias',
    });
    expect(sources.get('stage1.block0.subblock0.unit0.beta')).toBe('odd_norm.bias');
    expect(sources.get('stage1.block0.subblock0.unit1.beta')).toBe('l1.0.n1.bias');
    expect(sources.get('head.linear.bias')).toBe('my.bias');
  });

  it('lists variables without a name', () => {
    expect(problemsOf({ 'stem.unit0': ['conv', 'norm'], ...blocks })).toEqual(
      ['weight', 'bias'].map(
        (leaf) => `head.linear.${leaf}: expected a name in the map, for it or for head.linear, got none`,
      ),
    );
  });

  it('lists keys that fit nothing, with the nearest name', () => {
    expect(problemsOf({ ...whole, 'head.liner': 'x', 'stage{s}.shortcut': 'y' })).toEqual([
      'names: expected variables of this architecture or their paths, got head.liner, which matches none; did you mean head.linear?',
      'names: expected variables of this architecture or their paths, got stage{s}.shortcut, which matches none',
    ]);
  });

  it('refuses two names for one variable, and one name for two', () => {
    expect(problemsOf({ ...whole, 'stage{s}.block0.subblock0.unit{u}': ['a{s}{u}', 'b{s}{u}'] })[0]).toBe(
      'stage0.block0.subblock0.unit0.weight: expected one matching key, got stage{s}.block{b}.subblock0.unit{u} and stage{s}.block0.subblock0.unit{u}',
    );
    expect(problemsOf({ ...whole, 'head.linear.bias': 'norm.bias' })).toEqual([
      'head.linear.bias: expected a tensor that no other variable has, got norm.bias, which is also used for stem.unit0.beta',
    ]);
  });

  it('refuses a place of the wrong form', () => {
    expect(problemsOf({ ...whole, 'stem.unit0': 'conv' })[0]).toMatch(
      /^stem\.unit0\.gamma: expected the paths of convolution and batch norm/,
    );
    expect(problemsOf({ ...whole, 'head.linear.bias': ['a', 'b'] })).toEqual([
      'head.linear.bias: expected the name of one tensor, got ["a","b"]',
    ]);
    expect(problemsOf({ ...whole, 'stem.{': 'a' })).toContain(
      'names: expected placeholders such as {s}, in lower-case letters, got stem.{',
    );
  });
});

describe('placeholders', () => {
  it('stand for whole numbers, which values may shift', () => {
    const numbers = namePattern('stage{s}.block{b}.x').match('stage2.block10.x')!;
    expect(filledIn('layer{s+1}.{b-10}.{s}', numbers)).toBe('layer3.0.2');
    expect(namePattern('stage{s}.x').match('stage02.x')).toBeUndefined();
    expect(namePattern('stage{s}.x').match('stage2yx')).toBeUndefined();
  });

  it('say what is wrong with them', () => {
    expect(() => namePattern('{s}.{s}')).toThrow(/each placeholder once/);
    expect(() => filledIn('{t}', new Map([['s', 1]]))).toThrow(/placeholders of the key, got \{t\}/);
    expect(() => filledIn('{s-2}', new Map([['s', 1]]))).toThrow(/number ≥ 0, got \{s-2\} with s = 1/);
    expect(() => filledIn('{s*2}', new Map([['s', 1]]))).toThrow(/got \{s\*2\}/);
  });
});

describe('wildcard', () => {
  it('lets the star stand for anything and everything else for itself', () => {
    expect(wildcard('aux.*.weight').test('aux.0.conv.weight')).toBe(true);
    expect(wildcard('aux.*').test('auxx0')).toBe(false);
    expect(wildcard('a+(b)[c]').test('a+(b)[c]')).toBe(true);
  });
});
