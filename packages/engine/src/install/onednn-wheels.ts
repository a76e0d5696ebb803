import type { PinnedWheel, WantedMembers } from '@dmnn/native';

/** Files of the Python package index with oneDNN. */
export interface OneDnnWheels {
  /** The library, {@link ONEDNN_LIBRARY}. */
  readonly library: PinnedWheel;
  /** Its headers, of the same version. */
  readonly headers: PinnedWheel;
  /** The tags of platforms that pip may take. */
  readonly platforms: readonly string[];
}

/** The version of the wheels; they hold oneDNN 3.2. */
export const ONEDNN_WHEELS = '2023.2.0';

/** oneDNN under the name that programs ask for. */
export const ONEDNN_LIBRARY: string = process.platform === 'darwin' ? 'libdnnl.3.dylib' : 'libdnnl.so.3';

/**
 * The wheels for this machine: `undefined` if there are none. Later versions need a runtime of SYCL of 600 MB.
 *
 * @param libc - see {@link libcOf}
 */
export function oneDnnWheels(
  platform: string,
  arch: string,
  libc: string | undefined,
): OneDnnWheels | undefined {
  if (platform !== 'linux' || arch !== 'x64' || libc !== 'gnu') return undefined;
  const tags = 'py2.py3-none-manylinux1_x86_64.whl';
  return {
    library: {
      requirement: `onednn-cpu-gomp==${ONEDNN_WHEELS}`,
      fileName: `onednn_cpu_gomp-${ONEDNN_WHEELS}-${tags}`,
      sha256: '2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb',
    },
    headers: {
      requirement: `onednn-devel-cpu-gomp==${ONEDNN_WHEELS}`,
      fileName: `onednn_devel_cpu_gomp-${ONEDNN_WHEELS}-${tags}`,
      sha256: '9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284',
    },
    platforms: ['manylinux1_x86_64'],
  };
}

/** What is taken from them: the wheel has the library three times, and a second licence of the packaging. */
export const oneDnnMembers: readonly WantedMembers[] = [
  { pattern: String.raw`onednn_cpu_gomp-[^/]*\.data/data/lib/(libdnnl\.so\.3)$`, folder: 'lib/' },
  { pattern: String.raw`onednn_devel_cpu_gomp-[^/]*\.data/data/include/(.*\.hp{0,2})$`, folder: 'include/' },
  {
    pattern: String.raw`onednn_cpu_gomp-[^/]*\.data/data/share/doc/onednn/(LICENSE|THIRD-PARTY-PROGRAMS)$`,
    folder: 'licences/',
  },
  { pattern: String.raw`onednn_cpu_gomp-[^/]*\.dist-info/(LICENSE\.txt)$`, folder: 'licences/' },
];
