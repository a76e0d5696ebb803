import { expect, it } from 'vitest';
import { missingLibrary } from './missing-library.js';

const gnu = 'libgomp.so.1: cannot open shared object file: No such file or directory';

it.each([
  ['ID=debian\n', /: apt-get install libgomp1 \(Debian/],
  ['NAME="x"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', /: apt-get install libgomp1 /],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', /: dnf install libgomp /],
  ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', /: zypper install libgomp1 /],
  ['ID=arch\n', /: pacman -S gcc-libs /],
  ['ID=plan9\n', /^Install the package that holds it \(Debian and Ubuntu: libgomp1; Fedora/],
  ['', /^Install the package that holds it \(/],
])('names the package of OpenMP: %j', (osRelease, remedy) => {
  const missing = missingLibrary(gnu, osRelease);
  expect(missing?.library).toBe('libgomp.so.1');
  expect(missing?.remedy).toMatch(remedy);
});

it('knows the words of musl, other libraries, and other errors', () => {
  const musl =
    'Error loading shared library libgomp.so.1: No such file or directory (needed by /a/libdnnl.so.3)';
  expect(missingLibrary(musl, 'ID=alpine\n')?.remedy).toMatch(/: apk add libgomp /);
  expect(missingLibrary('libstdc++.so.6: cannot open shared object file: No such file', '')).toEqual({
    library: 'libstdc++.so.6',
    remedy: "Install the system's package that holds libstdc++.so.6.",
  });
  expect(missingLibrary('/a/dmnn_engine.node: invalid ELF header', '')).toBeUndefined();
});
