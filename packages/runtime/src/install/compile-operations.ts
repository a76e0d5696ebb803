import { existsSync, readdirSync } from 'node:fs';
import { copyFile, cp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildError } from '@dmnn/native';

import { type Compiler, runNodeGyp } from './compile-binding.js';
import { operationSources, operationsName } from './native-operations.js';

/** How node-gyp builds our operations against the TensorFlow in the build. */
function gyp(libraries: string, origin: string): string {
  const file = (stem: string): string =>
    join(libraries, process.platform === 'darwin' ? `lib${stem}.2.dylib` : `lib${stem}.so.2`);
  const main =
    [file('tensorflow'), file('tensorflow_cc')].find((path) => existsSync(path)) ?? file('tensorflow');
  return JSON.stringify({
    targets: [
      {
        target_name: 'dmnn_operations',
        sources: readdirSync(operationSources).filter((name) => name.endsWith('.cc')),
        defines: ['NAPI_VERSION=8'],
        cflags_cc: ['-std=c++17', '-O3', '-ffp-contract=fast'],
        'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20'],
        libraries: [main, file('tensorflow_framework'), `-Wl,-rpath,'$$ORIGIN/${origin}'`],
        xcode_settings: {
          CLANG_CXX_LANGUAGE_STANDARD: 'c++17',
          GCC_ENABLE_CPP_EXCEPTIONS: 'YES',
          GCC_OPTIMIZATION_LEVEL: '3',
          OTHER_LDFLAGS: [`-Wl,-rpath,@loader_path/${origin}`],
        },
      },
    ],
  });
}

/**
 * Compiles the operations of `native/` and puts the addon into a build.
 *
 * @param folder - a build: holds `node_modules/<packageName>/deps/lib`.
 * @param staging - an unused path for intermediate files, removed afterwards.
 * @throws BuildError, step `compile`.
 */
export async function compileOperations(
  folder: string,
  packageName: string,
  staging: string,
  compiler: Compiler,
): Promise<void> {
  const origin = join('node_modules', packageName, 'deps', 'lib');
  await rm(staging, { recursive: true, force: true });
  await cp(operationSources, staging, { recursive: true });
  await writeFile(join(staging, 'binding.gyp'), gyp(join(folder, origin), origin));
  await runNodeGyp(compiler, staging, []);
  const built = join(staging, 'build', 'Release', 'dmnn_operations.node');
  if (!existsSync(built)) {
    throw new BuildError(
      'compile',
      'node-gyp made no dmnn_operations.node.',
      'Report it with the versions that dmnn doctor prints.',
    );
  }
  const target = join(folder, operationsName());
  await copyFile(built, `${target}.new`);
  await rename(`${target}.new`, target);
  await rm(staging, { recursive: true });
}
