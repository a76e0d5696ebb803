import { describe, expect, it } from 'vitest';
import { wordProblems } from './check-words.mjs';

describe('wordProblems', () => {
  it('reads strings, templates, doc comments and identifiers, not other comments or code', () => {
    const source = [
      '/** Cells beside', // words: allow "beside"
      ' * one another. */',
      'const gatesTold = `errs ${1} dear`;', // words: allow "errs"
      '// told',
      "throw new Error('from nothing');",
    ].join('\n');
    expect(wordProblems('x.ts', source).map((problem) => problem.split(';')[0])).toEqual([
      'x.ts:3: "told"', // words: allow "told"
      'x.ts:3: "errs"',
      'x.ts:3: "dear"', // words: allow "dear"
      'x.ts:5: "from nothing"', // words: allow "from nothing"
      'x.ts:1: "beside"',
    ]);
  });

  it('finds a phrase that a line break divides', () => {
    expect(wordProblems('x.md', 'none of its\nwords')).toHaveLength(1);
    expect(wordProblems('x.ts', '/** none of its\n * words */')).toHaveLength(1);
  });

  it('leaves parts of words alone, and what is allowed by name', () => {
    expect(wordProblems('x.md', 'foretold terrs endear')).toEqual([]);
    expect(wordProblems('x.md', '<!-- words: allow "told" -->\nAs told.')).toEqual([]);
  });
});
