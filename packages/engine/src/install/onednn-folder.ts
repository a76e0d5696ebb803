import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BuildError } from '@dmnn/native';
import { ONEDNN_LIBRARY } from './onednn-wheels.js';

/** Where the parts of a oneDNN are. */
export interface OneDnn {
  /** The library's path. */
  readonly library: string;
  /** The folder that holds `oneapi/dnnl/dnnl.hpp`. */
  readonly headers: string;
  /** A folder with its licences, if there is one. */
  readonly licences: string | undefined;
}

/**
 * Finds a oneDNN 3: a folder with `lib/` (or `lib64/`) and `include/`, as its installation and our cache have them.
 *
 * @throws BuildError, step `prepare`, naming the missing file.
 */
export function findOneDnn(folder: string): OneDnn {
  const root = resolve(folder);
  const library = ['lib', 'lib64']
    .map((lib) => join(root, lib, ONEDNN_LIBRARY))
    .find((path) => existsSync(path));
  const headers = join(root, 'include');
  const header = join('oneapi', 'dnnl', 'dnnl.hpp');
  const missing = library === undefined ? join('lib', ONEDNN_LIBRARY) : join('include', header);
  if (library === undefined || !existsSync(join(headers, header))) {
    throw new BuildError(
      'prepare',
      `onednn: expected a folder with oneDNN 3, got ${root} without ${missing}.`,
      'Name a folder with lib/ and include/, such as the one that oneDNN was installed into.',
    );
  }
  const licences = [join(root, 'licences'), join(root, 'share', 'doc', 'dnnl')];
  // links resolved: a hard link to a link would lead nowhere
  return { library: realpathSync(library), headers, licences: licences.find((path) => existsSync(path)) };
}
