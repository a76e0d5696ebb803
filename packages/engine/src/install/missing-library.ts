import { readFileSync } from 'node:fs';

/** GNU's run time of OpenMP, which oneDNN calls. Slim images lack it. */
export const OPENMP_LIBRARY = 'libgomp.so.1';

/** Commands that install the packages with {@link OPENMP_LIBRARY}, by `ID` and `ID_LIKE` of os-release. */
const commands: readonly { readonly systems: readonly string[]; readonly command: string }[] = [
  { systems: ['debian', 'ubuntu'], command: 'apt-get install libgomp1' },
  { systems: ['fedora', 'rhel', 'centos', 'amzn'], command: 'dnf install libgomp' },
  { systems: ['suse', 'opensuse'], command: 'zypper install libgomp1' },
  { systems: ['arch'], command: 'pacman -S gcc-libs' },
  { systems: ['alpine'], command: 'apk add libgomp' },
];

/**
 * What helps against a library of the system that is missing.
 *
 * @param message - of the error with which a core did not load
 * @param osRelease - the text of `/etc/os-release`
 * @returns the library and the remedy; `undefined` if nothing is missing
 */
export function missingLibrary(
  message: string,
  osRelease: string = readOsRelease(),
): { readonly library: string; readonly remedy: string } | undefined {
  const found = /^(\S+): cannot open shared object file|Error loading shared library (\S+):/m.exec(message);
  const library = found?.[1] ?? found?.[2];
  if (library === undefined) return undefined;
  if (library !== OPENMP_LIBRARY) {
    return { library, remedy: `Install the system's package that holds ${library}.` };
  }
  const known = systemsOf(osRelease);
  const own = commands.find(({ systems }) => systems.some((system) => known.includes(system)));
  const all =
    'Debian and Ubuntu: libgomp1; Fedora and RHEL: libgomp; openSUSE: libgomp1; Arch: gcc-libs; Alpine: libgomp';
  return {
    library,
    remedy: `Install the package that holds it${own === undefined ? '' : `: ${own.command}`} (${all}).`,
  };
}

function systemsOf(osRelease: string): string[] {
  const values = [...osRelease.matchAll(/^ID(?:_LIKE)?=["']?([^"'\n]*)["']?$/gm)];
  return values.flatMap(([, value]) => (value ?? '').split(/[\s-]+/));
}

function readOsRelease(): string {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // not a Linux, or one without
    }
  }
  return '';
}
