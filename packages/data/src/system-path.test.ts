import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pathOf, shownPath, systemPath } from './system-path.js';

const bytes = (...values: number[]) => Uint8Array.from(values);

it('keeps names of UTF-8 as they are', () => {
  for (const path of ['a/b.jpg', 'é/日本.jpg', '💀.jpg', '\ufffd.jpg', '']) {
    expect(pathOf(Buffer.from(path))).toBe(path);
    expect([systemPath(path), shownPath(path)]).toEqual([path, path]);
  }
});

it('shows bytes that are not UTF-8, name by name', () => {
  const path = pathOf(bytes(0xc3, 0xa9, 0x2f, 0x61, 0xff, 0xc3, 0xa9, 0x2f, 0x62)); // é/a?é/b
  expect(shownPath(path)).toBe('é/a\\xff\\xc3\\xa9/b');
  expect(
    path
      .split('/')
      .map((name) => pathOf(Buffer.from(systemPath(name))))
      .join('/'),
  ).toBe(path);
});

it('finds the bytes again, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (path) => {
      expect(Buffer.from(systemPath(pathOf(path)))).toEqual(Buffer.from(path));
    }),
  );
  const mixed = fc
    .constantFrom('💀', 'é', '/', 'a', '\udc80', '\udcff')
    .map((piece) => Buffer.from(systemPath(piece)));
  fc.assert(
    fc.property(fc.array(mixed), (pieces) => {
      const path = Buffer.concat(pieces);
      expect(Buffer.from(systemPath(pathOf(path)))).toEqual(path);
    }),
  );
});
