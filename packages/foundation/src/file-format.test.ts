import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileFormatOf, formatName } from './file-format.js';

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const utf8 = (text: string) => new TextEncoder().encode(text);

/** Files as PyTorch, NumPy, Python and others write them. From other-files.py. */
const written = JSON.parse(readFileSync(new URL('fixtures/other-files.json', import.meta.url), 'utf8')) as {
  readonly [name: string]: { readonly kind: string; readonly base64: string };
};

describe('fileFormatOf', () => {
  it.each(Object.entries(written))('knows %s', (_, { kind, base64 }) => {
    const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
    expect(fileFormatOf(bytes)?.kind).toBe(kind);
  });

  it.each(['torch', 'torch with another name', 'npz', 'keras'])('knows %s by its beginning alone', (name) => {
    const { kind, base64 } = written[name]!;
    expect(fileFormatOf(new Uint8Array(Buffer.from(base64, 'base64')).subarray(0, 512))?.kind).toBe(kind);
  });

  it.each([
    ['bmp', 'BM\x06\x8a\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00'],
    ['pnm', 'P6\n9 9\n255\n'],
    ['heic', '\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic'],
    ['heic', '\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic'],
    ['avif', '\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1'],
    ['mp4', '\x00\x00\x00\x18ftypmp42'],
    ['jpeg-2000', '\x00\x00\x00\x0cjP  \r\n\x87\n'],
    ['jpeg-xl', '\xff\x0a\x7f\x00'],
    ['ico', '\x00\x00\x01\x00\x01\x00\x10\x10'],
    ['photoshop', '8BPS\x00\x01'],
    ['pdf', '%PDF-1.7'],
    ['zstd', '\x28\xb5\x2f\xfd'],
    ['lz4', '\x04\x22\x4d\x18'],
    ['compress', '\x1f\x9d\x90'],
    ['7z', '7z\xbc\xaf\x27\x1c'],
    ['rar', 'Rar!\x1a\x07\x01\x00'],
    ['hdf5', '\x89HDF\r\n\x1a\n'],
    ['gguf', 'GGUF\0\0\0\x03'],
    ['onnx', '\x08\x08\x12\x07pytorch'],
    ['parquet', 'PAR1\x15\x04'],
    ['zip', 'PK\x05\x06'],
    ['empty', ''],
  ])('knows %s by its first bytes', (kind, start) => {
    expect(fileFormatOf(latin1(start))?.kind).toBe(kind);
  });

  it.each([
    ['git-lfs', 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'],
    ['html', '\ufeff\n<!DOCTYPE html>\n<html lang="en">'],
    ['html', '<html><head><title>404</title>'],
    ['html', '<!-- saved -->\n<!-- again --><HTML>'],
    ['html', `<!-- ${'a licence '.repeat(200)}-->`],
    ['xml', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    ['xml', '<!DOCTYPE plist PUBLIC "x"><plist/>'],
    ['svg', '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'],
    ['svg', '<?xml version="1.0"?>\n<!-- > -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN">\n<svg>'],
    ['svg', '<!-- a --><svg:svg>'],
    ['json', '{"error":"Invalid username or password."}'],
    ['json', '[]'],
    ['text', 'Entry not found'],
    ['text', 'BM is not a bitmap'],
    ['text', `${'x'.repeat(1023)}é: a character on both sides of what is looked at`],
  ])('knows %s by its first characters', (kind, start) => {
    expect(fileFormatOf(utf8(start))?.kind).toBe(kind);
  });

  it.each([
    ['bytes that mean nothing', '\x00\x01\x02\x03\x04'],
    ['a few characters', 'short'],
    ['a text with control characters', 'Entry not\x00found'],
    ['a text in Latin-1', 'Umlaute: \xe4\xf6\xfc and more'],
  ])('does not guess at %s', (_, start) => {
    expect(fileFormatOf(latin1(start))).toBeUndefined();
  });

  it('says what it is about a text or an archive of unknown kind, briefly and on one line', () => {
    expect(fileFormatOf(utf8('Entry not found'))?.name).toBe('a text that begins with "Entry not found"');
    expect(fileFormatOf(utf8('x'.repeat(5_000_000)))?.name.length).toBeLessThan(100);
    const named = written['another zip']!;
    expect(fileFormatOf(new Uint8Array(Buffer.from(named.base64, 'base64')))?.name).toBe(
      'a ZIP archive that begins with folder/resnet18.safetensors',
    );
    const hostile = latin1(`PK\x03\x04${'\0'.repeat(22)}\xa0\0\0\0${'\x1b[2J'.repeat(40)}`);
    expect(fileFormatOf(hostile)?.name).toMatch(/^a ZIP archive that begins with [\x20-\x7e…]{1,250}$/);
  });

  // A pattern with a repeated group took seconds for 30 comments, and years for the 146 that fit.
  it('takes no longer for many comments', () => {
    expect(fileFormatOf(utf8(`${'<!---->'.repeat(146)}x`))?.kind).toBe('xml');
    expect(fileFormatOf(utf8(`${'<?a?><!--a-->'.repeat(70)}<svg>`))?.kind).toBe('svg');
  });

  it('accepts any bytes', () => {
    const start = fc.constantFrom('', 'PK\x03\x04', 'PK\x05\x06', '<', '<!--', '{', '\x08\x08\x12', '\x80');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 2000 }), (first, rest) => {
        const { kind, name } = fileFormatOf(Uint8Array.of(...latin1(first), ...rest)) ?? {};
        expect(name ?? '').toBe(kind === 'zip' || kind === 'text' ? name : kind ? formatName(kind) : '');
      }),
    );
  });
});
