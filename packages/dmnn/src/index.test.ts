import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as dmnn from './index.js';

const packages = [
  'architecture',
  'backbones',
  'categories',
  'data',
  'flops',
  'gating',
  'import',
  'losses',
  'network',
  'onnx',
  'report',
  'runtime',
  'subdivide',
  'trainer',
];

/** Names of an index file that lists them, types included: `type Block`, `gatedBlocks`. */
function listed(index: string): Map<string, string[]> {
  const names = new Map<string, string[]>();
  const text = readFileSync(new URL(index, import.meta.url), 'utf8');
  for (const [, type, list = '', from = ''] of text.matchAll(/export (type )?\{([^}]*)\} from '([^']+)'/g)) {
    const own = list.split(',').map((name) => name.trim()).filter((name) => name !== ''); // prettier-ignore
    names.set(from, [...(names.get(from) ?? []), ...own.map((name) => (type ? `type ${name}` : name))]);
  }
  return names;
}

describe('dmnn', () => {
  it.each(packages)('has all that @dmnn/%s exports, by name', (name) => {
    // what a package passes on from another is listed with the other
    const own = [...listed(`../../${name}/src/index.ts`)].flatMap(([from, names]) =>
      from.startsWith('./') ? names : [],
    );
    expect(own.length).toBeGreaterThan(0);
    expect([...(listed('./index.ts').get(`@dmnn/${name}`) ?? [])].sort()).toEqual(own.sort());
  });

  it('has no name twice', () => {
    const names = [...listed('./index.ts').values()].flat().map((name) => name.replace('type ', ''));
    expect(names.length).toBeGreaterThan(200);
    expect(new Set(names).size).toBe(names.length);
  });

  it('imports without choosing a backend', () => {
    expect(typeof dmnn.createModel).toBe('function');
    expect(typeof dmnn.gumbelNoise).toBe('function');
  });
});
