import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { examplesOf } from '../examples.mjs';
import { installLines, publishedPackages } from './workspace-packages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('installLines', () => {
  it('takes what stands after npm install at the start of a line, without comments', () => {
    const readme =
      '# one\n\n```sh\nnpm install @dmnn/one @tensorflow/tfjs   # the second only to train\nnpm install sharp@^0.35\n```\n';
    expect(installLines(readme)).toEqual(['@dmnn/one @tensorflow/tfjs', 'sharp@^0.35']);
  });

  it('leaves alone what only mentions it', () => {
    expect(installLines('Other formats need sharp (`npm install sharp`).')).toEqual([]);
  });
});

describe('publishedPackages', () => {
  it('has every package that is not private, lower floors first', () => {
    const published = publishedPackages(root);
    const names = published.map(({ name }) => name);
    expect(names[0]).toBe('@dmnn/foundation');
    expect(names.at(-1)).toBe('dmnn');
    expect(names).not.toContain('@dmnn/test-kit');
    for (const { name, manifest } of published) expect(manifest.name).toBe(name);
  });

  it('gives each a README whose first install line names it', () => {
    for (const { name, readme } of publishedPackages(root))
      expect(installLines(readme)[0]?.split(' '), name).toContain(name);
  });

  it('gives each a README whose install lines name all that its examples import', () => {
    for (const { name, readme } of publishedPackages(root)) {
      const named = installLines(readme).flatMap((line) => line.split(/\s+/));
      const imported = examplesOf('README.md', readme).flatMap(({ code }) =>
        [...code.matchAll(/(?:from|import) '((?:@[^'/]+\/)?[^'./:][^'/:]*)(?:\/[^']*)?'/g)].map(
          ([, one]) => one,
        ),
      );
      expect(named, name).toEqual(expect.arrayContaining(imported));
    }
  });
});
