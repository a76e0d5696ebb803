import { expect, it } from 'vitest';
import {
  assertFunction,
  assertList,
  assertLists,
  assertRecord,
  assertTensor,
  kindOf,
} from './argument-checks.js';

it('names the argument, what was expected, and what came', () => {
  expect(() => {
    assertRecord('at', undefined, 'an object with keys');
  }).toThrow(new TypeError('at: expected an object with keys, got nothing'));
  for (const value of [null, 7, 'x', [], () => 0])
    expect(() => {
      assertRecord('a', value, 'an object');
    }).toThrow(TypeError);
  for (const value of [undefined, {}, 'list', { length: 2 }])
    expect(() => {
      assertList('a', value, 'a list');
    }).toThrow(TypeError);
  expect(() => {
    assertLists('a', [[1], 2], 'numbers of each block');
  }).toThrow('a[1]: expected a list, of numbers of each block, got 2');
  expect(() => {
    assertFunction('f', {}, 'a function');
  }).toThrow('f: expected a function, got an object');
  for (const value of [undefined, [1, 2], { shape: [2] }, { shape: [2], rank: 1.5 }])
    expect(() => {
      assertTensor('t', value, 'a tensor [N]');
    }).toThrow(/^t: expected a tensor \[N\], got /);
});

it('takes what is right', () => {
  assertRecord('a', {}, 'x');
  assertList('a', new Float32Array(2), 'x');
  assertLists('a', [[1], new Uint8Array(1)], 'x');
  assertFunction('a', () => 0, 'x');
  assertTensor('a', { shape: [2, 3], rank: 2 }, 'x');
  expect([undefined, null, 7, true, [], [1], {}, 'x', () => 0].map(kindOf)).toEqual([
    'nothing', 'null', '7', 'true', 'an empty list', 'a list', 'an object', 'a string', 'a function',
  ]); // prettier-ignore
});
