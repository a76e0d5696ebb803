import * as tf from '@tensorflow/tfjs-core';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shareTensorLibrary } from './share-tensor-library.js';

it('gives the modules of a folder the tensor library of the application, and nothing else', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'dmnn-share-')));
  for (const name of ['inside', 'inside-not']) {
    mkdirSync(join(root, name, 'node_modules', 'other'), { recursive: true });
    writeFileSync(join(root, name, 'node_modules', 'other', 'index.js'), 'module.exports = 7;');
    writeFileSync(
      join(root, name, 'main.js'),
      "module.exports = { core: require('@tensorflow/tfjs-core'), other: require('other') };",
    );
  }
  const require = createRequire(import.meta.url);
  expect(() => require(join(root, 'inside', 'main.js')) as unknown).toThrow(
    "Cannot find module '@tensorflow/tfjs-core'",
  );
  shareTensorLibrary(join(root, 'inside'));
  shareTensorLibrary(join(root, 'another'));
  const { core, other } = require(join(root, 'inside', 'main.js')) as { core: typeof tf; other: number };
  expect(core.Tensor).toBe(tf.Tensor);
  expect(other).toBe(7);
  // its name only begins like the folder's
  expect(() => require(join(root, 'inside-not', 'main.js')) as unknown).toThrow('Cannot find module');
});
