import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderProblems } from './folder-problems.mjs';

describe('folderProblems', () => {
  let root;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dmnn-folders-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  /** The problems of files that lie in `src`, given as name → names that it imports. */
  function problemsOf(files) {
    const src = join(root, 'src');
    const graph = new Map();
    for (const [name, imported] of Object.entries(files)) {
      const path = join(src, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, '');
      graph.set(
        path,
        imported.map((target) => join(src, target)),
      );
    }
    return folderProblems(root, src, graph);
  }

  it('allows folders that import one another in one direction', () => {
    expect(problemsOf({ 'a/x.ts': ['b/y.ts', 'z.ts'], 'b/y.ts': ['z.ts'], 'z.ts': [] })).toEqual([]);
  });

  it('names a circle of folders though no file imports itself', () => {
    expect(problemsOf({ 'a/x.ts': ['b/y.ts'], 'b/y.ts': [], 'b/z.ts': ['a/w.ts'], 'a/w.ts': [] })).toEqual([
      'src: folders import one another, a → b → a: a/x.ts imports b/y.ts; b/z.ts imports a/w.ts',
    ]);
  });

  it('finds a circle through a file that lies in src, and one of inner folders', () => {
    expect(problemsOf({ 'a/x.ts': [], 'a/y.ts': ['z.ts'], 'z.ts': ['a/x.ts'] })).toHaveLength(1);
    const [inner] = problemsOf({ 'a/b/x.ts': ['a/c/y.ts'], 'a/c/y.ts': [], 'a/c/z.ts': ['a/b/x.ts'] });
    expect(inner).toContain('src/a: folders import one another, b → c → b');
  });

  it('allows 35 files in a folder and no more', () => {
    const files = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`a/${i}.ts`, []]));
    expect(problemsOf(files(35))).toEqual([]);
    expect(problemsOf(files(36))).toEqual([
      'src/a: expected at most 35 production files, got 36. Group them into folders.',
    ]);
  });
});
