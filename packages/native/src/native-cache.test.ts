import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { cacheSettingRemark, nativeCacheDirectory } from './native-cache.js';

it('lies where the user keeps caches', () => {
  expect(nativeCacheDirectory({})).toBe(`${homedir()}/.cache/dmnn/native`);
  expect(nativeCacheDirectory({ XDG_CACHE_HOME: '/fast' })).toBe('/fast/dmnn/native');
  expect(nativeCacheDirectory({ XDG_CACHE_HOME: 'relative' })).toBe(`${homedir()}/.cache/dmnn/native`);
  expect(nativeCacheDirectory({ XDG_CACHE_HOME: '' })).toBe(`${homedir()}/.cache/dmnn/native`);
});

it('says that a relative setting is ignored', () => {
  expect(cacheSettingRemark({ XDG_CACHE_HOME: 'relative' })).toMatch(
    /^XDG_CACHE_HOME: expected an absolute path, got relative; ignored, .*native/,
  );
  for (const setting of [undefined, '', '/fast']) {
    expect(cacheSettingRemark({ XDG_CACHE_HOME: setting })).toBeUndefined();
  }
});
