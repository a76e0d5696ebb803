import { createRequire, Module } from 'node:module';
import { sep } from 'node:path';

/** Node's resolver; not in the typings, but public by use and unchanged from Node 0.5 to 24. */
interface Resolver {
  _resolveFilename(
    request: string,
    parent: { filename?: string | null } | undefined,
    ...rest: unknown[]
  ): string;
}

const shared = new Map<string, (request: string) => string>();

/**
 * Makes every `require('@tensorflow/…')` from inside `folder` find the application's copy.
 *
 * A backend that is loaded from a cache would otherwise bring its own tfjs-core, and kernels registered in one copy do not
 * work with tensors of another. Affects only modules of that folder, and only the scope `@tensorflow/`.
 *
 * @param folder - absolute, links resolved.
 * @param resolve - resolves a request for the scope; by default from this package, hence to its peers.
 */
export function shareTensorLibrary(
  folder: string,
  resolve: (request: string) => string = createRequire(import.meta.url).resolve,
): void {
  const first = shared.size === 0;
  shared.set(folder.endsWith(sep) ? folder : folder + sep, resolve);
  if (!first) return;
  const resolver = Module as unknown as Resolver;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own `this` below
  const original = resolver._resolveFilename;
  resolver._resolveFilename = function (request, parent, ...rest) {
    const from = parent?.filename;
    if (request.startsWith('@tensorflow/') && from) {
      for (const [prefix, target] of shared) if (from.startsWith(prefix)) return target(request);
    }
    return original.call(this, request, parent, ...rest);
  };
}
