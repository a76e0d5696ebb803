import { describe, expect, it } from 'vitest';
import { fuzzOnce } from './fixtures/fuzz-safetensors.js';
import { drawsOf, mutated, soundFiles } from './fixtures/mutate-safetensors.js';

// `npm run fuzz -- safetensors` does the same with Python's safetensors
describe('a damaged safetensors file', () => {
  it('gives a typed error or its tensors, in agreement with an independent reader', () => {
    const draw = drawsOf(20261124);
    const files = soundFiles();
    const outcomes = new Map<string, number>();
    for (let i = 0; i < 8000; i++) {
      const bytes = mutated(files[i % files.length]!, draw);
      const outcome = fuzzOnce(bytes);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    // the mutations break every rule of the format
    expect([...outcomes.keys()].sort()).toEqual(
      [
        'dtype',
        'duplicate-key',
        'header-json',
        'header-size',
        'header-text',
        'hole',
        'metadata',
        'offsets',
        'overlap',
        'shape',
        'sound',
        'tensor-entry',
        'too-short',
        'trailing-bytes',
        'truncated',
      ].sort(),
    );
  });

  it.each([...soundFiles()])('is distinguished from a valid one, %#', (bytes) => {
    expect(fuzzOnce(bytes)).toBe('sound');
  });
});
