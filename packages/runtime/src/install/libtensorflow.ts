import { existsSync } from 'node:fs';
import { readdir, symlink } from 'node:fs/promises';
import { makeFolder } from '@dmnn/foundation/node';
import { join, resolve } from 'node:path';
import { BuildError, linkOrCopy } from '@dmnn/native';

/** Where a libtensorflow's parts are. */
export interface Libtensorflow {
  /** The folder of the shared libraries. */
  readonly libraries: string;
  /** The folder that holds `tensorflow/c/c_api.h`. */
  readonly headers: string;
  /** The library with the C interface, such as `libtensorflow_cc.so.2`. */
  readonly main: string;
  /** Its companion, such as `libtensorflow_framework.so.2`. */
  readonly framework: string;
}

/** The name that a library of TensorFlow 2 has on this platform. */
function name(stem: string): string {
  return `lib${stem}.${process.platform === 'darwin' ? '2.dylib' : 'so.2'}`;
}

/**
 * Finds a libtensorflow: a folder with `lib/` and `include/`, as in TensorFlow's C archives and our cache, or an
 * installed Python package `tensorflow`, which has its libraries at the top level.
 *
 * @throws BuildError, step `prepare`, naming the missing file.
 */
export function findLibtensorflow(folder: string): Libtensorflow {
  const root = resolve(folder);
  const headers = join(root, 'include');
  for (const libraries of [join(root, 'lib'), root]) {
    const main = [name('tensorflow'), name('tensorflow_cc')].find((file) =>
      existsSync(join(libraries, file)),
    );
    const framework = name('tensorflow_framework');
    if (main === undefined || !existsSync(join(libraries, framework))) continue;
    const missing = [
      'tensorflow/c/c_api.h',
      'tensorflow/c/eager/c_api.h',
      'tensorflow/core/platform/ctstring_internal.h',
    ].find((file) => !existsSync(join(headers, file)));
    if (missing === undefined) return { libraries, headers, main, framework };
    throw wrongFolder(root, join('include', missing));
  }
  throw wrongFolder(
    root,
    `lib/${name('tensorflow')} (or ${name('tensorflow_cc')}) with ${name('tensorflow_framework')}`,
  );
}

function wrongFolder(root: string, missing: string): BuildError {
  return new BuildError(
    'prepare',
    `libtensorflow: expected a folder with TensorFlow's C library, got ${root} without ${missing}.`,
    'Name a folder with lib/ and include/ of TensorFlow 2, or the folder of an installed Python package tensorflow.',
  );
}

/** Links or copies a folder's regular files, and those of its folders. */
export async function linkFolder(from: string, to: string): Promise<void> {
  await makeFolder(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkFolder(source, target);
    else if (entry.isFile()) await linkOrCopy(source, target);
  }
}

/**
 * Places the libraries where the binding looks for them, under the names that its linker uses.
 *
 * Libraries on the same file system are hard-linked, which saves a second gigabyte.
 */
export async function placeLibraries(from: Libtensorflow, to: string): Promise<void> {
  await makeFolder(to);
  for (const file of await readdir(from.libraries)) {
    if (!/^lib.*\.(so[.0-9]*|[.0-9]*dylib)$/.test(file) || /tensorflow(_framework)?\.so$/.test(file))
      continue;
    await linkOrCopy(join(from.libraries, file), join(to, file));
  }
  if (process.platform === 'darwin') {
    if (from.main !== name('tensorflow')) await symlink(from.main, join(to, name('tensorflow')));
    return;
  }
  await symlink(from.main, join(to, 'libtensorflow.so'));
  await symlink(from.framework, join(to, 'libtensorflow_framework.so'));
}
