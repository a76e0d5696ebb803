import type { WantedMembers } from '@dmnn/native';

/** What is taken from the wheels: `lib/` and `include/` of libtensorflow's C interface, and CUDA's libraries in `nvidia/`. */
export const tensorflowMembers: readonly WantedMembers[] = [
  { pattern: String.raw`tensorflow/(lib[^/]*\.(?:so[.0-9]*|[.0-9]*dylib))$`, folder: 'lib/' },
  {
    pattern: String.raw`tensorflow/include/((?:tensorflow/c|tensorflow/core/platform|tsl|xla/tsl)/.*\.h)$`,
    folder: 'include/',
  },
  { pattern: String.raw`(nvidia/[^/]+/lib/[^/]+\.so[.0-9]*)$`, folder: '' },
];
