import { cp, writeFile } from 'node:fs/promises';
import { makeFolder } from '@dmnn/foundation/node';
import { join } from 'node:path';

/**
 * Makes the folder that node-gyp calls `nodedir`, from the headers of Node-API that were fetched with it. Without one it
 * downloads all headers of the running Node, by sums that come from the same server. Node's own settings for compilers,
 * `common.gypi`, are among those; these are the ones that an addon needs.
 *
 * @param folder - where the lock `node-gyp` was installed: holds `node_modules/node-api-headers`.
 * @returns the folder, inside.
 */
export async function placeNodeHeaders(folder: string): Promise<string> {
  const nodeDirectory = nodeDirectoryIn(folder);
  const include = join(nodeDirectory, 'include', 'node');
  await makeFolder(include);
  await cp(join(folder, 'node_modules', 'node-api-headers', 'include'), include, { recursive: true });
  await writeFile(join(include, 'common.gypi'), JSON.stringify(COMMON, undefined, 2));
  await writeFile(join(include, 'config.gypi'), '{}'); // otherwise node-gyp takes how the running Node was built
  return nodeDirectory;
}

/** The folder that {@link placeNodeHeaders} makes. */
export function nodeDirectoryIn(folder: string): string {
  return join(folder, 'node');
}

/** What every addon is compiled with. node-gyp adds `-fPIC` and, on macOS, `-undefined dynamic_lookup`. */
const COMMON = {
  target_defaults: {
    default_configuration: 'Release',
    configurations: {
      Release: {
        cflags: ['-O3', '-fno-omit-frame-pointer'],
        xcode_settings: { GCC_OPTIMIZATION_LEVEL: '3' },
      },
    },
    defines: ['_GLIBCXX_USE_CXX11_ABI=1'],
    conditions: [
      [
        'OS=="linux"',
        {
          cflags: ['-pthread', '-Wall', '-Wextra', '-Wno-unused-parameter'],
          cflags_cc: ['-fno-rtti', '-fno-exceptions', '-std=gnu++17'],
          ldflags: ['-pthread'],
        },
      ],
      [
        'OS=="mac"',
        {
          xcode_settings: {
            CLANG_CXX_LANGUAGE_STANDARD: 'gnu++17',
            CLANG_CXX_LIBRARY: 'libc++',
            GCC_ENABLE_CPP_EXCEPTIONS: 'NO',
            GCC_ENABLE_CPP_RTTI: 'NO',
            MACOSX_DEPLOYMENT_TARGET: '10.15',
          },
        },
      ],
    ],
  },
};
