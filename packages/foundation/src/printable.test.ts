import { describe, expect, it } from 'vitest';
import { printable } from './printable.js';

describe('printable', () => {
  it('keeps harmless text', () => {
    expect(printable('layer1.0.conv1.weight, größer 層')).toBe('layer1.0.conv1.weight, größer 層');
  });

  it('escapes characters that a terminal would interpret', () => {
    expect(printable('a\u001b[31m\n\u009b2J\u007f')).toBe('a\\u001b[31m\\u000a\\u009b2J\\u007f');
  });

  it('escapes line breaks and characters that XML does not allow', () => {
    expect(printable('\ufffe\uffff\ud800x\u2028')).toBe('\\ufffe\\uffff\\ud800x\\u2028');
    expect(printable('😀')).toBe('😀');
  });

  it('escapes what changes the direction of text, and what nobody sees', () => {
    const hidden = ['\u202e', '\u2066', '\u2069', '\u200e', '\u061c', '\u200b', '\u00ad', '\ufeff'];
    for (const character of hidden) {
      const digits = character.charCodeAt(0).toString(16).padStart(4, '0');
      expect(printable(`a${character}gpj.exe`)).toBe(`a\\u${digits}gpj.exe`);
    }
    expect(printable('x\u{e0041}')).toBe('x\\udb40\\udc41');
    expect(printable('👩‍🔬 ❤️ שלום می‌خواهم')).toBe('👩‍🔬 ❤️ שלום می‌خواهم');
  });

  it('ends', () => {
    expect(printable('x'.repeat(400), Infinity)).toBe('x'.repeat(400));
    expect(printable('x'.repeat(1e6))).toBe(`${'x'.repeat(300)}… (1000000 characters)`);
  });
});
