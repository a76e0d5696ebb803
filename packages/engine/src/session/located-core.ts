import { locateEngine } from '../install/locate-engine.js';
import { engineError } from '../errors/engine-error.js';
import { type NativeCore, loadCore } from './native-core.js';

/** Loads the installed core. @throws DmnnError `DMNN_ENGINE` if there is none, or this process cannot load it */
export function locatedCore(cacheDirectory: string | undefined): NativeCore {
  const { path, reason, remedy } = locateEngine({ cacheDirectory });
  if (path !== undefined) return loadCore(path);
  throw engineError(`engine: expected it to be installed, but ${reason}`, `Try: ${remedy}`);
}
