import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonError, type JsonValue, parseJson, parseJsonMaps } from './parse-json.js';

function plain(value: JsonValue): unknown {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, each]) => [key, plain(each as JsonValue)]));
  return Array.isArray(value) ? value.map((each: JsonValue) => plain(each)) : value;
}

/** Whether JSON.parse accepts the text: the oracle. */
function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('parseJsonMaps', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 2), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(plain(parseJsonMaps(text))).toEqual(JSON.parse(text));
        if (!text.includes('__proto__')) expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts and rejects the same texts as JSON.parse, with one character changed', () => {
    const text = '{"a": [1, -2.5e+3, "x\\n\\u00e9\\"", true, null], "b": {"c": ""}}';
    const characters = fc.constantFrom(
      ...Array.from('{}[],:"\\ \n\t0123456789.eE+-truefalsn\u0000\u007f\u0085é'),
    );
    fc.assert(
      fc.property(fc.nat(text.length - 1), characters, fc.boolean(), (at, character, replace) => {
        const changed = text.slice(0, at) + character + text.slice(at + (replace ? 1 : 0));
        let taken = true;
        try {
          parseJsonMaps(changed);
        } catch (error) {
          // duplicate keys are the only errors that JSON.parse accepts
          taken = error instanceof JsonError && error.duplicateKey !== undefined;
        }
        expect(taken, changed).toBe(parses(changed));
      }),
      { numRuns: 2000 },
    );
  });

  it('rejects duplicate keys, at any depth and in any spelling', () => {
    for (const text of ['{"a":1,"a":1}', '[{"b":{"a":1,"\\u0061":2}}]', '{"":0,"":0}']) {
      expect(() => parseJsonMaps(text)).toThrow(JsonError);
    }
    expect(() => parseJsonMaps('{"a":1,"a":1}')).toThrow(/"a" appears twice/);
  });

  it('limits the nesting depth', () => {
    expect(() => parseJsonMaps('['.repeat(100_000))).toThrow(/levels/);
  });

  it('passes over a byte order mark, once and at the start only', () => {
    expect(parseJsonMaps('\ufeff{"a":1}')).toEqual(new Map([['a', 1]]));
    expect(parseJsonMaps(Uint8Array.from([0xef, 0xbb, 0xbf, 0x31]))).toBe(1);
    for (const text of ['\ufeff\ufeff1', '1\ufeff', '[\ufeff1]', '\ufeff']) {
      expect(() => parseJsonMaps(text), JSON.stringify(text)).toThrow(JsonError);
      expect(() => parseJsonMaps(new TextEncoder().encode(text)), JSON.stringify(text)).toThrow(JsonError);
    }
  });

  it('refuses bytes that are not UTF-8 instead of replacing them', () => {
    const quoted = (...bytes: number[]) => Uint8Array.from([0x22, ...bytes, 0x22]);
    expect(parseJsonMaps(quoted(0xc3, 0xa9))).toBe('é');
    for (const bytes of [quoted(0xe9), quoted(0xc0, 0x80), quoted(0xed, 0xa0, 0x80), quoted(0xe2, 0x82)]) {
      expect(() => parseJsonMaps(bytes)).toThrow('expected UTF-8, got other bytes');
    }
    expect(() => parseJsonMaps(Buffer.from('\ufeff{}', 'utf16le'))).toThrow('expected UTF-8, got UTF-16');
  });

  it('refuses numbers that would come out as others', () => {
    for (const [text, value] of [
      ['9007199254740992', 2 ** 53],
      ['-18446744073709551616', -(2 ** 64)],
      ['18446744073709552000', 2 ** 64], // as JSON.stringify writes it
      ['0.1', 0.1],
      ['-0', -0],
      ['1e-999', 0],
    ] as const) {
      expect(parseJsonMaps(text), text).toBe(value);
    }
    for (const text of ['9007199254740993', '-9007199254740993', '18446744073709551615', '1e999', '-1e309']) {
      expect(() => parseJsonMaps(`[${text}]`), text).toThrow(`got ${text} at character 1`);
    }
    expect(() => parseJsonMaps('1'.repeat(5000))).toThrow(/got 1{40}… at character 0/);
  });

  it('reports the position', () => {
    expect(() => parseJsonMaps('{"a" 1}')).toThrow("expected ':' at character 5");
    expect(() => parseJsonMaps('{a:1}')).toThrow('expected a key at character 1');
    expect(() => parseJsonMaps('[1,]')).toThrow('expected a value at character 3');
  });
});

describe('parseJson', () => {
  it('rejects duplicate keys, too many levels and __proto__, and names the file', () => {
    const what = 'config.json';
    expect(() => parseJson('{"a":[{"b":1,"b":1}]}', { what })).toThrow('config.json: key "b" appears twice');
    expect(() => parseJson('['.repeat(100), { what })).toThrow(/^config\.json: .*64 levels/);
    expect(() => parseJson('{"a":{"\\u005f_proto__":1}}', { what })).toThrow(
      'config.json: expected keys other than __proto__, got __proto__',
    );
    expect(() => parseJson('{"a":', { what })).toThrow(JsonError);
  });

  it.each([
    ['version https://git-lfs.github.com/spec/v1\n', 'a Git LFS pointer, which stands for the file'],
    ['<!DOCTYPE html>', 'a web page (HTML)'],
    [Uint8Array.of(0x1f, 0x8b, 8, 0), 'a gzip-compressed file'],
    [new Uint8Array(), 'an empty file'],
  ])('calls %s what it is', (text, name) => {
    expect(() => parseJson(text, { what: 'a.json' })).toThrow(`a.json: expected JSON, got ${name}`);
  });

  it('cuts what comes from the text, and neither the name of the file nor the problem', () => {
    const what = `${'folder/'.repeat(100)}a.json`;
    const key = JSON.stringify('k'.repeat(10_000));
    const problem = /^(folder\/){100}a\.json: key "k{99}… \(10002 characters\) appears twice$/;
    expect(() => parseJson(`{${key}:1,${key}:2}`, { what })).toThrow(problem);
  });

  it('escapes control characters of keys in messages', () => {
    expect(() => parseJson('{"\\u009b2J":1,"\\u009b2J":1}')).toThrow('key "\\u009b2J" appears twice');
  });

  it('gives objects with the usual prototype', () => {
    const value = parseJson('{"a":{"constructor":1}}') as { a: object };
    expect(Object.getPrototypeOf(value.a)).toBe(Object.prototype);
    expect(Object.keys(value.a)).toEqual(['constructor']);
  });
});
