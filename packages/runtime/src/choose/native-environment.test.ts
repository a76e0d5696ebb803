import { expect, it } from 'vitest';
import { nativeEnvironment, usesGlibc } from './native-environment.js';

it('keeps freed memory where the C library is glibc', () => {
  const variables = nativeEnvironment();
  if (!usesGlibc()) {
    expect(variables).toEqual({});
    return;
  }
  expect(Object.keys(variables).sort()).toEqual([
    'MALLOC_MMAP_THRESHOLD_',
    'MALLOC_TOP_PAD_',
    'MALLOC_TRIM_THRESHOLD_',
    'TF_CPP_MIN_LOG_LEVEL',
  ]);
  // nothing that fits into memory is mapped, and so given back, on its own
  expect(Number(variables['MALLOC_MMAP_THRESHOLD_'])).toBe(4 * 2 ** 30);
});
