import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../packages/network', import.meta.url));
const readme = readFileSync(join(folder, 'README.md'), 'utf8');

/** The production code of @dmnn/network. */
const code = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/\.test(-d)?\.ts$/.test(file))
  .map((file) => readFileSync(join(folder, 'src', file), 'utf8'))
  .join('\n');

/** The first group of every match, each once, sorted. */
const found = (pattern, text) => [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();

it('the README of @dmnn/network lists the kernels that its code asks a backend for', () => {
  const asked = found(/'(Dmnn\w+)'/g, code);
  expect(asked).toContain('DmnnNormSum');
  expect(found(/^\| `(Dmnn\w+)`/gm, readme)).toEqual(asked);
});

it('the README of @dmnn/network lists the codes of the errors that its code throws', () => {
  const thrown = found(/DmnnError\(\s*'(DMNN_\w+)'/g, code);
  expect(thrown).toContain('DMNN_SHAPE');
  expect(found(/^\| `(DMNN_\w+)`/gm, readme)).toEqual(thrown);
});
