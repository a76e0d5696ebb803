import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as dmnn from './index.js';

/**
 * Packages that a module loads when it is imported: what static imports reach from it, through ours as well.
 *
 * @param module - a source file, relative to this one
 */
function loadedWith(module: string): string[] {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    const text = readFileSync(url, 'utf8').replace(/\/\*[^]*?\*\//g, '');
    for (const [, type, from = ''] of text.matchAll(
      /^(?:import|export) (type )?(?:[^;']* from )?'([^']+)';/gm,
    )) {
      if (type !== undefined || from.startsWith('node:')) continue;
      const own = /^@dmnn\/([a-z-]+)(?:\/([a-z]+))?$/.exec(from);
      if (!from.startsWith('.')) packages.add(from);
      if (own) visit(new URL(`../../${own[1] ?? ''}/src/${own[2] ?? 'index'}.ts`, import.meta.url));
      else if (from.startsWith('.')) visit(new URL(from.replace(/\.js$/, '.ts'), url));
    }
  };
  visit(new URL(module, import.meta.url));
  return [...packages].filter((name) => !name.startsWith('@dmnn/')).sort();
}

describe('dmnn', () => {
  it('is a few functions, for a user of the whole', () => {
    const functions = Object.values(dmnn);
    expect(functions.every((each) => typeof each === 'function')).toBe(true);
    expect(functions.length).toBeLessThanOrEqual(25);
  });

  it('loads no package of others when it is imported; what trains and evaluates loads at the first call', () => {
    expect(loadedWith('./index.ts')).toEqual([]);
    expect(loadedWith('./cli/commands/train.ts')).not.toContain('@tensorflow/tfjs-core');
    expect(loadedWith('./report/collect-report.ts')).toContain('@tensorflow/tfjs-core');
  });

  it('loads commander alone to print its version', () => {
    expect(loadedWith('./cli/main.ts')).toEqual(['commander']);
  });
});
