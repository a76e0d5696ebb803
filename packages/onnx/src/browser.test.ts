import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as browser from './browser.js';
import * as node from './index.js';

/** All run-time imports of a source file, followed through the files of its package. */
function imported(path: string, seen: Set<string>): Set<string> {
  const text = readFileSync(path, 'utf8');
  for (const [, target] of text.matchAll(/^(?:import|export) (?!type )[^;]*? from '([^']+)';/gm)) {
    const name = target?.startsWith('.') ? join(dirname(path), target).replace(/\.js$/, '.ts') : target!;
    if (seen.has(name)) continue;
    seen.add(name);
    if (name.endsWith('.ts')) imported(name, seen);
  }
  return seen;
}

const entry = (name: string) => fileURLToPath(new URL(name, import.meta.url));

describe('the entry for browsers', () => {
  it('imports no Node modules', () => {
    const ofNode = (names: Set<string>) => [...names].filter((name) => name.startsWith('node:'));
    expect(ofNode(imported(entry('index.ts'), new Set()))).not.toEqual([]);
    expect(ofNode(imported(entry('browser.ts'), new Set()))).toEqual([]);
  });

  it('has the names of the entry for Node', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
  });

  it.each([
    ['no options', undefined],
    ['no runtime', {}],
  ])('says what to pass, given %s', async (_, options) => {
    await expect(browser.DynamicSession.create(new Uint8Array(), options as never)).rejects.toMatchObject({
      code: 'DMNN_SESSION',
      message: expect.stringContaining('DynamicSession.create(bytes, { runtime: ort })') as string,
    });
  });

  it('rejects a path', async () => {
    const runtime = {} as never;
    await expect(browser.DynamicSession.create('a.onnx' as never, { runtime })).rejects.toThrow(
      /file: expected a Uint8Array/,
    );
  });

  it('has separate types, which a bundler finds before those of Node', () => {
    const manifest = JSON.parse(readFileSync(entry('../package.json'), 'utf8')) as {
      exports: { '.': Record<string, unknown> };
    };
    const [[condition, files] = []] = Object.entries(manifest.exports['.']);
    expect(condition).toBe('browser');
    expect(Object.entries(files as object)[0]).toEqual(['types', './dist/browser.d.ts']);
  });
});
