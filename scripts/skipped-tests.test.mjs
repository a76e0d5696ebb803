import { join } from 'node:path';
import { expect, it } from 'vitest';
import { skippedLines } from './skipped-tests.mjs';

it('counts what was skipped by file and group', () => {
  const test = (/** @type {string} */ status, /** @type {string[]} */ ancestorTitles, title = 'a test') => ({
    status,
    ancestorTitles,
    title,
  });
  const root = join(import.meta.dirname, '..');
  const testResults = [
    {
      name: join(root, 'packages/a/src/x.test.ts'),
      assertionResults: [
        test('passed', ['here']),
        test('skipped', ['on the core (no compiler)', 'inner']),
        test('pending', ['on the core (no compiler)']),
        test('failed', []),
      ],
    },
    { name: join(root, 'packages/b/src/y.test.ts'), assertionResults: [test('todo', [], 'alone')] },
  ];
  expect(skippedLines({ testResults })).toEqual([
    'skipped 2: packages/a/src/x.test.ts: on the core (no compiler)',
    'skipped 1: packages/b/src/y.test.ts: alone',
  ]);
});
