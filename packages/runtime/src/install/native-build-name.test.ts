import { expect, it } from 'vitest';
import { nativeBuildName } from './native-build-name.js';

it('keeps builds for machines apart', () => {
  expect(nativeBuildName(false)).toBe(`napi-v8-${process.platform}-${process.arch}`);
  expect(nativeBuildName(true)).toBe(`${nativeBuildName(false)}-gpu`);
});
