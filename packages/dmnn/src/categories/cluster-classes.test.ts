import { describe, expect, it } from 'vitest';
import { clusterClasses } from './cluster-classes.js';

const names = ['cat', 'bus', 'lion', 'car', 'tiger', 'lynx'];
/** Animals have a high first logit, vehicles a high second one; all share a third. */
const logits = [
  [5, 0, 9],
  [0, 4, 9],
  [6, 0.5, 9],
  [0.5, 7, 9],
  [9, 1, 9],
  [5, 0.2, 9],
];

describe('clusterClasses', () => {
  it('puts together what a network finds alike, and names it', () => {
    expect(clusterClasses(logits, names, 2)).toEqual({
      categoryNames: ['cat, lion and 2 more', 'bus, car'],
      categoryOfClass: [0, 1, 0, 1, 0, 0],
    });
  });

  it('gives each class a category of its own if asked', () => {
    const { categoryNames, categoryOfClass } = clusterClasses(logits, names, 6);
    expect(categoryNames).toEqual(names);
    expect(categoryOfClass).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('takes classes that a network finds equal', () => {
    const { categoryOfClass } = clusterClasses(
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      ['a', 'b', 'c'],
      2,
    );
    expect(new Set(categoryOfClass).size).toBe(2);
  });

  it.each([1, 7, 2.5, Number.NaN])('refuses %j categories of 6 classes', (count) => {
    expect(() => clusterClasses(logits, names, count)).toThrow('count: expected an integer from 2 to 6');
  });
});
