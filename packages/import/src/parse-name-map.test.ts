import type { DmnnError } from '@dmnn/foundation';
import { createArchitecture } from '@dmnn/backbones';
import { describe, expect, it } from 'vitest';
import { nameMapOf } from './name-map-of.js';
import { parseNameMap } from './parse-name-map.js';

function problemsOf(json: string): readonly string[] {
  try {
    parseNameMap(json);
  } catch (error) {
    expect(error).toMatchObject({ code: 'DMNN_NAME_MAP' });
    return (error as DmnnError).details['problems'] as readonly string[];
  }
  return [];
}

describe('parseNameMap', () => {
  it('reads what it is given', () => {
    for (const whose of ['torchvision', 'timm'] as const) {
      const map = nameMapOf(createArchitecture('mobilenetv2'), whose)!;
      expect(parseNameMap(JSON.stringify(map))).toEqual(map);
    }
    const map = { names: { 'head.linear': 'fc' }, ignored: ['aux.*'] };
    expect(parseNameMap(JSON.stringify(map))).toEqual(map);
  });

  it('lists all that is not of the form', () => {
    expect(
      problemsOf('{"names": {"a": 1, "b": ["x"], "c": "", "d": ["x", 2]}, "ignored": "x", "name": {}}'),
    ).toEqual([
      'expected names and ignored, got name',
      'names.a: expected one name or a pair of them, got 1',
      'names.b: expected one name or a pair of them, got ["x"]',
      'names.c: expected one name or a pair of them, got ""',
      'names.d: expected one name or a pair of them, got ["x",2]',
      'ignored: expected a list of names, got "x"',
    ]);
    expect(problemsOf('{}')).toEqual(['names: expected an object of names, got nothing']);
    expect(problemsOf('{"names": {}}')).toEqual(['names: expected an object of names, got an empty object']);
    expect(problemsOf('[]')).toEqual(['expected an object, got []']);
  });

  it('refuses text that is no JSON, and a key that comes twice', () => {
    expect(problemsOf('{"names": ')).toEqual(['expected a value at character 10']);
    expect(problemsOf('{"names": {"a": "x", "a": "y"}}')).toEqual(['key "a" appears twice']);
  });
});
