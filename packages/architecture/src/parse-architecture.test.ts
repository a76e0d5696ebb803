import { encodeUtf8 } from '@dmnn/foundation';
import { describe, expect, it } from 'vitest';
import { ArchitectureError } from './architecture-error.js';
import { bottleneckNetwork, invertedNetwork, tinyNetwork } from './fixtures/networks.js';
import { parseArchitecture } from './parse-architecture.js';

describe('parseArchitecture', () => {
  it.each([
    bottleneckNetwork(),
    invertedNetwork(),
    tinyNetwork(),
    { ...bottleneckNetwork(), undivided: { ...bottleneckNetwork(), name: 'backbone' } },
  ])('gives $name back from its JSON', (architecture) => {
    expect(parseArchitecture(JSON.stringify(architecture))).toEqual(architecture);
  });

  it('refuses text that is not JSON, and says why', () => {
    expect(() => parseArchitecture('{"name": }')).toThrow(ArchitectureError);
    expect(() => parseArchitecture('{"name": }')).toThrow(
      /json: expected JSON text: expected a value at character 9/,
    );
    expect(() => parseArchitecture('')).toThrow('json: expected JSON text');
  });

  it('refuses a key that appears twice, and nesting without end', () => {
    const json = JSON.stringify(tinyNetwork()).replace('{', '{"imageSizePx":64,');
    expect(() => parseArchitecture(json)).toThrow(
      'json: expected JSON text: key "imageSizePx" appears twice',
    );
    expect(() => parseArchitecture('['.repeat(100_000))).toThrow(ArchitectureError);
  });

  it('reads the bytes of a file, with or without a byte order mark', () => {
    const text = JSON.stringify(tinyNetwork());
    expect(parseArchitecture(`\ufeff${text}`)).toEqual(tinyNetwork());
    expect(parseArchitecture(encodeUtf8(`\ufeff${text}`))).toEqual(tinyNetwork());
  });

  it('refuses JSON that is not an architecture', () => {
    expect(() => parseArchitecture('[]')).toThrow('architecture: expected an object with name, imageSizePx');
    expect(() => parseArchitecture('[]')).toThrow('got an empty list');
    expect(() => parseArchitecture('null')).toThrow('got null');
  });

  it('refuses the key __proto__', () => {
    const json = JSON.stringify(tinyNetwork()).replace('{', '{"__proto__":{"polluted":1},');
    expect(() => parseArchitecture(json)).toThrow('expected keys other than __proto__, got __proto__');
  });
});
