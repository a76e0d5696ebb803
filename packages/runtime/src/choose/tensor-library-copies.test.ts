import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { chooseBackend } from './choose-backend.js';
import { tensorLibraryCopies } from './tensor-library-copies.js';

/** An application with packages, each a file that requires nothing. */
function application(packages: string[]): { root: string; require: NodeJS.Require } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'dmnn-copies-')));
  for (const path of packages) {
    const folder = join(root, 'node_modules', path);
    mkdirSync(join(folder, 'dist'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: path, main: 'dist/index.js' }));
    writeFileSync(join(folder, 'dist', 'index.js'), '');
  }
  const require = createRequire(join(root, 'main.js'));
  return { root, require: Object.assign(require, { cache: {} }) };
}

it('finds the one of this program', () => {
  const copies = tensorLibraryCopies();
  expect(copies).toHaveLength(1);
  expect(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-core/package.json'))).toBe(
    copies[0],
  );
});

it('finds a second that a companion brings, through links too', () => {
  const nested = '@tensorflow/tfjs/node_modules/@tensorflow/tfjs-core';
  const { root, require } = application(['@tensorflow/tfjs-core', '@tensorflow/tfjs', nested]);
  const expected = ['@tensorflow/tfjs-core', nested].map((path) => join(root, 'node_modules', path)).sort();
  expect(tensorLibraryCopies(require)).toEqual(expected);

  const linked = application(['@tensorflow/tfjs-core', '@tensorflow/tfjs']);
  const modules = join(linked.root, 'node_modules', '@tensorflow');
  mkdirSync(join(modules, 'tfjs', 'node_modules', '@tensorflow'), { recursive: true });
  symlinkSync(join(modules, 'tfjs-core'), join(modules, 'tfjs', 'node_modules', '@tensorflow', 'tfjs-core'));
  expect(tensorLibraryCopies(linked.require)).toEqual([join(modules, 'tfjs-core')]);
});

it('finds one that was loaded from anywhere', async () => {
  const { root } = application(['@tensorflow/tfjs-core']);
  const path = join(root, 'node_modules', '@tensorflow', 'tfjs-core', 'dist', 'index.js');
  const require = createRequire(import.meta.url);
  require(path);
  try {
    expect(tensorLibraryCopies()).toContain(join(root, 'node_modules', '@tensorflow', 'tfjs-core'));
    const choice = chooseBackend({ prefer: 'cpu' });
    await expect(choice).rejects.toThrow(expect.objectContaining({ code: 'DMNN_BACKEND' }));
    await expect(choice).rejects.toThrow('@tensorflow/tfjs-core: expected one copy, got 2');
  } finally {
    Reflect.deleteProperty(require.cache, path);
  }
});

it('is empty where there is none', () => {
  expect(tensorLibraryCopies(application([]).require)).toEqual([]);
});
