import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closestNames } from './closest-names.js';

describe('closestNames', () => {
  const names = ['resnet18', 'resnet50', 'resnet101', 'mobilenetv2', 'dmnn50-n2'];

  it.each([
    ['resnet5', ['resnet50', 'resnet18']], // 1 edit; 2
    ['resnte50', ['resnet50']], // neighbours swapped: 1; resnet18 is 3 away, of at most 2
    ['RESNET_50', ['resnet50', 'resnet18']],
    ['dmnn50', ['dmnn50-n2']],
    ['mobile', ['mobilenetv2']], // begins with it
    ['RES', ['resnet18', 'resnet50']],
    ['mo', []], // too short to mean anything
    ['vgg', []],
    ['', []],
  ])('of %j are %j', (name, expected) => {
    expect(closestNames(name, names, 2)).toEqual(expected);
  });

  it('puts an exact match first, and respects the limit', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.integer({ min: 1, max: 5 }), (name, limit) => {
        const found = closestNames(name, names, limit);
        expect(found[0]).toBe(name);
        expect(found.length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('finds a name after any one edit', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), fc.constantFrom('', 'z', 'zz'), (name, at, put) => {
        const index = at % name.length;
        const typed = name.slice(0, index) + put + name.slice(index + 1);
        expect(closestNames(typed, names)).toContain(name);
      }),
    );
  });

  it('is fast for a long name', () => {
    expect(closestNames('r'.repeat(1e7), names)).toEqual([]);
  });
});
