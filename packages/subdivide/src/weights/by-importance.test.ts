import { describe, expect, it } from 'vitest';
import { byImportance } from './by-importance.js';

describe('byImportance', () => {
  it('has the largest first, and among equals the first', () => {
    expect(byImportance([1, 5, 3, 5], [0, 1, 2, 3], 1)).toEqual([1, 3, 2, 0]);
    expect(byImportance([1, 5, 3, 5], [0, 2], 1)).toEqual([2, 0]);
  });

  it('keeps groups together, by their sums', () => {
    // 1 + 9, 6 + 6, 0 + 1
    expect(byImportance([1, 9, 6, 6, 0, 1], [0, 1, 2, 3, 4, 5], 2)).toEqual([2, 3, 0, 1, 4, 5]);
  });
});
