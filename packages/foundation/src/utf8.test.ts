import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareUtf8, decodeUtf8, encodeUtf8, isWellFormed } from './utf8.js';

const anyText = fc.string({ unit: 'binary' });

describe('UTF-8', () => {
  it('is what Node writes and reads', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = encodeUtf8(text);
        expect(Buffer.compare(bytes, Buffer.from(text, 'utf8'))).toBe(0);
        expect(decodeUtf8(bytes)).toBe(text);
      }),
    );
  });

  it('orders texts as their bytes', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(compareUtf8('\u{10000}', '\uffff')).toBeGreaterThan(0); // '<' of JavaScript says the opposite
  });

  it.each([[[0xff]], [[0xc3]], [[0xed, 0xa0, 0x80]], [[0xc0, 0x80]]])(
    'does not take %j for text',
    (bytes) => {
      expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
    },
  );

  it('keeps a byte order mark', () => {
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it.each([
    ['a', true],
    ['\u{1f600}', true],
    ['\ud83d', false],
    ['\ude00\ud83d', false],
  ])('knows whether %j has unpaired surrogates', (text, expected) => {
    expect(isWellFormed(text)).toBe(expected);
  });
});
