import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { codeString } from './code-string.js';

it('is the text for JavaScript, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(runInNewContext(codeString(text))).toBe(text);
    }),
  );
  expect(codeString(`C:\\"it's"`)).toBe(String.raw`'C:\\"it\'s"'`);
});
