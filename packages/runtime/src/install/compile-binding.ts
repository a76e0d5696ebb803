import { existsSync } from 'node:fs';
import { copyFile, rm, symlink, writeFile } from 'node:fs/promises';
import { makeFolder } from '@dmnn/foundation/node';
import { join } from 'node:path';
import { BuildError, NAPI_VERSION, errorLines, runProgram } from '@dmnn/native';

import { type Libtensorflow, placeLibraries } from './libtensorflow.js';
import { nativeSetupGyp, nativeSetupSource } from './native-setup-source.js';

/** The programs and headers for compiling. */
export interface Compiler {
  /** node-gyp's script. */
  readonly nodeGyp: string;
  readonly python: readonly string[];
  /** A folder with `include/node`, see {@link placeNodeHeaders}. */
  readonly nodeDirectory: string;
  readonly signal?: AbortSignal | undefined;
}

/** Builds the targets of the `binding.gyp` in a folder, with the headers and settings of the compiler and no others. */
export async function runNodeGyp(
  compiler: Compiler,
  directory: string,
  definitions: readonly string[],
): Promise<void> {
  const { nodeGyp, python, nodeDirectory, signal } = compiler;
  const args = [nodeGyp, 'rebuild', `--nodedir=${nodeDirectory}`, '--', ...definitions];
  const result = await runProgram(process.execPath, args, {
    directory,
    environment: { ...withoutSettingsOfNpm(), npm_config_python: python.join(' ') },
    signal,
  });
  if (result?.status === 0) return;
  const output = result?.output ?? '';
  const isFull = /No space left on device|ENOSPC/.test(output);
  throw new BuildError(
    'compile',
    `node-gyp failed in ${directory}:\n${errorLines(output, 20)}\n`,
    isFull
      ? 'The disk is full: make room, or set XDG_CACHE_HOME to a folder on another disk, and run the command again.'
      : 'See the lines above; a C++17 compiler and make are needed.',
    { tool: 'compiler' },
  );
}

/** node-gyp takes variables like `npm_config_nodedir` over its own options: npm sets them for the scripts that it runs. */
function withoutSettingsOfNpm(): Record<string, undefined> {
  const names = Object.keys(process.env).filter((name) => /^npm_(package_)?config_/i.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

/**
 * Compiles tfjs-node's binding against a libtensorflow, inside the package, and our small addon next to it.
 *
 * @param folder - holds `node_modules/<packageName>`; gets `lib/napi-v8/tfjs_binding.node` and `deps/lib` there, and
 *   `dmnn_setup.node` at its top.
 * @throws BuildError, step `compile`.
 */
export async function compileBinding(
  folder: string,
  packageName: string,
  libtensorflow: Libtensorflow,
  compiler: Compiler,
): Promise<void> {
  const directory = join(folder, 'node_modules', packageName);
  await placeLibraries(libtensorflow, join(directory, 'deps', 'lib'));
  await symlink(libtensorflow.headers, join(directory, 'deps', 'include'));
  const binding = join('lib', `napi-v${NAPI_VERSION}`);
  await runNodeGyp(compiler, directory, [
    '-Dmodule_name=tfjs_binding',
    `-Dnapi_build_version=${NAPI_VERSION}`,
    `-Dmodule_path=${join(directory, binding)}`,
  ]);
  if (!existsSync(join(directory, binding, 'tfjs_binding.node'))) {
    throw new BuildError(
      'compile',
      `node-gyp made no ${binding}/tfjs_binding.node.`,
      'Report it with the versions of dmnn doctor.',
    );
  }
  await rm(join(directory, 'build'), { recursive: true });
  await rm(join(directory, 'deps', 'include'));

  const setup = join(folder, 'setup');
  await makeFolder(setup);
  await writeFile(join(setup, 'dmnn_setup.c'), nativeSetupSource);
  await writeFile(join(setup, 'binding.gyp'), nativeSetupGyp);
  await runNodeGyp(compiler, setup, []);
  await copyFile(join(setup, 'build', 'Release', 'dmnn_setup.node'), join(folder, 'dmnn_setup.node'));
  await rm(setup, { recursive: true });
}
