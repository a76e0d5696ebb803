import { expect, it } from 'vitest';
import { asBuildError, BuildError } from './build-error.js';

const refused = (code: string): Error =>
  Object.assign(new Error(`${code}: refused, open '/cache/file'`), {
    code,
    errno: -1,
    syscall: 'open',
    path: '/cache/file',
  });

it.each([
  ['ENOSPC', /step unpack: \/cache\/file: the disk is full \(ENOSPC\)\. Make room/],
  ['EDQUOT', /the disk is full \(EDQUOT\)\. Make room/],
  ['EACCES', /step unpack: \/cache\/file: the system refuses \(EACCES\)\. Set XDG_CACHE_HOME/],
  ['EROFS', /the system refuses \(EROFS\)/],
  ['EIO', /the system refuses \(EIO\)/],
])('names step, file and remedy of %s', (code, message) => {
  const cause = refused(code);
  const error = asBuildError(cause, 'unpack');
  expect(error).toBeInstanceOf(BuildError);
  expect(error).toMatchObject({
    code: 'DMNN_BUILD',
    step: 'unpack',
    message: expect.stringMatching(message),
    cause,
  });
});

it('leaves other errors as they are', () => {
  for (const error of [new BuildError('check', 'a', 'b'), new TypeError('a mistake'), 'text'])
    expect(asBuildError(error, 'check')).toBe(error);
});
