import { describe, expect, it } from 'vitest';
import { DmnnError } from './dmnn-error.js';
import { errorInFile, inFile } from './error-in-file.js';
import { parseJson } from './parse-json.js';

const error = () =>
  new DmnnError('DMNN_IMPORT', 'import: expected tensors, got none.', { details: { a: 1 } });

describe('errorInFile', () => {
  it('names the file, and keeps all else', () => {
    const caught = error();
    expect(errorInFile(caught, 'a.safetensors')).toBe(caught);
    expect(caught.message).toBe('a.safetensors: import: expected tensors, got none.');
    expect(caught.stack).toContain('a.safetensors: import: expected');
    expect([caught.code, caught.details]).toEqual(['DMNN_IMPORT', { a: 1 }]);
  });

  it('replaces the subject of one that did not know it', () => {
    expect(errorInFile(error(), 'a.h5', 'import').message).toBe('a.h5: expected tensors, got none.');
    expect(errorInFile(error(), 'a.h5', 'file').message).toBe('a.h5: import: expected tensors, got none.');
  });

  it('names it once, whole and on one line', () => {
    const name = `${'folder/'.repeat(100)}a\n.h5`;
    const once = errorInFile(error(), name).message;
    expect(once).toBe(`${'folder/'.repeat(100)}a\\u000a.h5: import: expected tensors, got none.`);
    const caught = error();
    expect(errorInFile(errorInFile(caught, name), name).message).toBe(once);
  });

  it('leaves other errors alone', () => {
    const other = new RangeError('classes: expected a number');
    expect(errorInFile(other, 'a').message).toBe('classes: expected a number');
    expect(errorInFile('text', 'a')).toBe('text');
  });

  it('does so for a function', () => {
    expect(() => inFile('x.json', () => parseJson('{'))).toThrow(/^x\.json: expected a key at character 1$/);
    expect(inFile('x.json', () => 7)).toBe(7);
  });
});
