import { expect, it } from 'vitest';
import { LONGEST_LIST, problemLines } from './problem-lines.js';

it('lists all problems while they are few, and counts the others', () => {
  const problems = Array.from({ length: LONGEST_LIST + 3 }, (_, i) => `p${i}`);
  expect(problemLines([])).toEqual([]);
  expect(problemLines(problems.slice(0, LONGEST_LIST))).toHaveLength(LONGEST_LIST);
  const lines = problemLines(problems);
  expect(lines.slice(0, -1)).toEqual(problems.slice(0, LONGEST_LIST).map((each) => `  - ${each}`));
  expect(lines.at(-1)).toBe('  … and 3 more');
});
