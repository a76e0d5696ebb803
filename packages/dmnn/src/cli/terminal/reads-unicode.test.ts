import { expect, it } from 'vitest';
import { readsUnicode } from './reads-unicode.js';

it.each([
  [{ LANG: 'en_GB.UTF-8' }, true],
  [{ LANG: 'C.utf8' }, true],
  [{ LANG: 'C' }, false],
  [{ LC_ALL: 'C', LANG: 'en_GB.UTF-8' }, false],
  [{ LC_ALL: '', LC_CTYPE: 'de_DE.UTF-8', LANG: 'C' }, true],
  [{}, false],
  [{ WT_SESSION: '1' }, true],
])('%j', (env, expected) => {
  expect(readsUnicode(env)).toBe(expected);
});
