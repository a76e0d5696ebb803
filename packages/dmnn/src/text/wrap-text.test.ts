import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wrapText } from './wrap-text.js';

it('breaks at spaces and indents', () => {
  expect(wrapText('one two three four', 11, 2)).toBe('  one two\n  three\n  four');
});

it('leaves a word that is too long whole', () => {
  expect(wrapText('a incomprehensibilities b', 8, 0)).toBe('a\nincomprehensibilities\nb');
});

it('keeps every word in order, and no line too long but one of a single word', () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/);
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1 }),
      fc.integer({ min: 5, max: 40 }),
      fc.nat(4),
      (words, columns, indent) => {
        const lines = wrapText(words.join(' '), columns, indent).split('\n');
        expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(words);
        for (const line of lines) expect(line.length <= columns || !line.trim().includes(' ')).toBe(true);
      },
    ),
  );
});
