import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sourceDigest } from '../wasm-kernels.generated.js';

it('is compiled from the sources that are there', () => {
  const folder = new URL('../../assembly/', import.meta.url);
  const digest = createHash('sha256');
  for (const name of readdirSync(folder).sort()) digest.update(readFileSync(new URL(name, folder)));
  digest.update(readFileSync(new URL('./norm-sum-plan.ts', import.meta.url)));
  // if this fails: node scripts/build-wasm-kernels.mjs
  expect(sourceDigest).toBe(digest.digest('hex'));
});
