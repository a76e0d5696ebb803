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
      /json: expected JSON text, got Unexpected token '}'/,
    );
    expect(() => parseArchitecture('')).toThrow('json: expected JSON text');
  });

  it('refuses JSON that is not an architecture', () => {
    expect(() => parseArchitecture('[]')).toThrow('architecture: expected an object with name, imageSizePx');
    expect(() => parseArchitecture('[]')).toThrow('got an empty list');
    expect(() => parseArchitecture('null')).toThrow('got null');
  });

  it('takes __proto__ for the unknown key that it is', () => {
    const json = JSON.stringify(tinyNetwork()).replace('{', '{"__proto__":{"polluted":1},');
    expect(() => parseArchitecture(json)).toThrow('architecture: unknown key "__proto__"');
  });
});
