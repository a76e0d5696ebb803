import { execFileSync } from 'node:child_process';
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWord } from './shell-word.js';

describe('shellWord', () => {
  it.each([
    ['runs/d20', 'runs/d20'],
    ["it's a.onnx", "'it'\\''s a.onnx'"],
    ['$HOME `x`', "'$HOME `x`'"],
    ['-rf', './-rf'],
    ['~/a', "'~/a'"],
    ['', "''"],
    ['a\nb\u001b', "$'a\\u000ab\\u001b'"],
  ])('writes %j as %s', (text, word) => {
    expect(shellWord(text, 'linux')).toBe(word);
  });

  it.each([
    ['C:\\runs\\d20', 'C:\\runs\\d20'],
    ["it's a.onnx", '"it\'s a.onnx"'],
  ])('writes %j as %s on Windows', (text, word) => {
    expect(shellWord(text, 'win32')).toBe(word);
  });

  it.skipIf(process.platform === 'win32')('is one word with that text for a shell, whatever the text', () => {
    const texts = fc.sample(
      fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !/\p{Control}|^-/u.test(text)),
      { numRuns: 200, seed: 1 },
    );
    const script = `for each in ${texts.map((text) => shellWord(text, 'linux')).join(' ')}; do printf '%s\\n' "$each"; done`;
    const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
    expect(read.split('\n').slice(0, -1)).toEqual(texts);
  });
});
