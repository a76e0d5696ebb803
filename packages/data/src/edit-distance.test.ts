import { expect, it } from 'vitest';
import { editDistance } from './edit-distance.js';

it.each([
  ['kitten', 'sitting', 3], // Levenshtein's textbook example
  ['', 'abc', 3],
  ['cifar100', 'cifar100', 0],
  ['cifar10', 'cifar100', 1],
  ['builtin', 'built-in', 1],
])('%s → %s: %i', (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
  expect(editDistance(to, from)).toBe(distance);
});
