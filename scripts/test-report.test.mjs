import { join } from 'node:path';
import { expect, it } from 'vitest';
import { failedLines, skippedLines } from './test-report.mjs';

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

it('names each test that failed, and a file that does not load, by the beginning of the message', () => {
  const root = join(import.meta.dirname, '..');
  const failed = {
    status: 'failed',
    ancestorTitles: ['', 'a group'],
    title: 'adds',
    failureMessages: [`expected 2, got ${'3'.repeat(1000)}\n    at x.ts`],
  };
  const testResults = [
    {
      name: join(root, 'a.test.ts'),
      status: 'failed',
      assertionResults: [{ ...failed, status: 'passed' }, failed],
    },
    { name: join(root, 'b.test.ts'), status: 'failed', message: 'cannot load\nx', assertionResults: [] },
    { name: join(root, 'c.test.ts'), status: 'passed', assertionResults: [] },
  ];
  expect(failedLines({ testResults })).toEqual([
    `failed: a.test.ts: a group > adds: expected 2, got ${'3'.repeat(284)} …`,
    'failed: b.test.ts: cannot load',
  ]);
});
