import { expect, it } from 'vitest';
import { wrapText } from './wrap-text.js';

it('breaks at spaces and indents', () => {
  expect(wrapText('one two three four', 11, 2)).toBe('  one two\n  three\n  four');
});

it('leaves a word that is too long whole', () => {
  expect(wrapText('a incomprehensibilities b', 8, 0)).toBe('a\nincomprehensibilities\nb');
});
