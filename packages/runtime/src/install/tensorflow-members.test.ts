import { expect, it } from 'vitest';
import { tensorflowMembers } from './tensorflow-members.js';

/** Where a member of a wheel goes; undefined if it is not taken. */
function placeOf(member: string): string | undefined {
  for (const { pattern, folder } of tensorflowMembers) {
    const path = new RegExp(`^(?:${pattern})`).exec(member)?.[1];
    if (path !== undefined) return folder + path;
  }
  return undefined;
}

it.each([
  ['tensorflow/libtensorflow_cc.so.2', 'lib/libtensorflow_cc.so.2'],
  ['tensorflow/libtensorflow_framework.2.dylib', 'lib/libtensorflow_framework.2.dylib'],
  ['tensorflow/include/tensorflow/c/c_api.h', 'include/tensorflow/c/c_api.h'],
  ['tensorflow/include/tensorflow/core/platform/ctstring.h', 'include/tensorflow/core/platform/ctstring.h'],
  ['tensorflow/include/xla/tsl/c/tsl_status.h', 'include/xla/tsl/c/tsl_status.h'],
  ['nvidia/cudnn/lib/libcudnn.so.9', 'nvidia/cudnn/lib/libcudnn.so.9'],
  ['tensorflow/include/Eigen/Core.h', undefined],
  ['tensorflow/__init__.py', undefined],
  ['nvidia/cudnn/include/cudnn.h', undefined],
])('%s', (member, place) => {
  expect(placeOf(member)).toBe(place);
});
