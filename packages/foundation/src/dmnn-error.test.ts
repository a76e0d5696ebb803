import { describe, expect, it } from 'vitest';
import { DmnnError, isDmnnError } from './dmnn-error.js';

describe('DmnnError', () => {
  it('carries code, message, cause and details', () => {
    const cause = new Error('no such file');
    const error = new DmnnError('DMNN_DATA', 'train: expected a folder, got nothing.', {
      cause,
      details: { file: 'train' },
    });
    expect(error).toMatchObject({ name: 'DmnnError', code: 'DMNN_DATA', cause, details: { file: 'train' } });
    expect(String(error)).toBe('DmnnError: train: expected a folder, got nothing.');
  });

  it('is one line, whatever names are in it, or those that it is given', () => {
    expect(new DmnnError('DMNN_DATA', 'a\n\u001bb').message).toBe('a\\u000a\\u001bb');
    expect(new DmnnError('DMNN_DATA', ['a:', '  b\nc', 'd']).message).toBe('a:\n  b\\u000ac\nd');
  });

  it('has a cause only if one is given', () => {
    expect('cause' in new DmnnError('DMNN_DATA', 'x')).toBe(false);
    expect('cause' in new DmnnError('DMNN_DATA', 'x', { cause: undefined })).toBe(true);
  });
});

describe('isDmnnError', () => {
  it('recognises errors of another copy of the package by their code', () => {
    const copy = Object.assign(new Error('x'), { code: 'DMNN_DATA' });
    expect(isDmnnError(copy)).toBe(true);
    expect(isDmnnError(copy, 'DMNN_DATA')).toBe(true);
    expect(isDmnnError(copy, 'DMNN_RECIPE')).toBe(false);
  });

  it.each([
    ['a failed system call', Object.assign(new Error('x'), { code: 'ENOENT' })],
    ['an error without a code', new Error('x')],
    ['a code that is not a text', Object.assign(new Error('x'), { code: 7 })],
    ['plain data', { code: 'DMNN_DATA' }],
    ['nothing', undefined],
  ])('refuses %s', (_, value) => {
    expect(isDmnnError(value)).toBe(false);
  });
});
