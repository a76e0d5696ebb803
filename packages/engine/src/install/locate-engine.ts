import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BuildKind, buildRemedy, findBuild, type FoundBuild, nativeCacheDirectory } from '@dmnn/native';
import {
  CORE,
  ENGINE_FORMAT,
  engineBuildName,
  type EngineManifest,
  libcOf,
  machineName,
  sourceDigest,
} from './engine-build.js';

/** Options of {@link locateEngine}. */
export interface LocateOptions {
  /** Where `installEngine` puts builds. @defaultValue `nativeCacheDirectory()` */
  readonly cacheDirectory?: string | undefined;
  /** A file whose packages are searched for a prebuilt core. @defaultValue this module */
  readonly resolveFrom?: string | undefined;
}

/** A core that can be loaded, or why there is none. */
export type LocatedEngine =
  | {
      /** The addon: absolute, every file of its build compared with the manifest. */
      readonly path: string;
      readonly manifest: EngineManifest;
      readonly reason?: undefined;
      readonly remedy?: undefined;
    }
  | {
      readonly path?: undefined;
      readonly manifest?: undefined;
      /** One line. */
      readonly reason: string;
      /** What helps: a command, or what to do. */
      readonly remedy: string;
    };

/** The command that installs the core. */
export const INSTALL_COMMAND = 'dmnn backend install --engine';

/** The package with a prebuilt core for this machine, such as `@dmnn/engine-linux-x64-gnu`. */
export function prebuiltPackage(): string {
  return `@dmnn/engine-${machineName()}`;
}

/**
 * Finds the core of this version: in an installed package with a prebuilt one, otherwise in the cache. Nothing is loaded.
 *
 * Never throws. Takes milliseconds once the build was verified, and about 0.1 s the first time.
 *
 * @example
 * ```ts
 * import { locateEngine } from '@dmnn/engine';
 *
 * const { path, reason, remedy } = locateEngine({ cacheDirectory: '/no/builds/here' });
 * console.log(path ?? `${reason.replace(/ .*\/no/, ' /no')}; ${remedy}`); // => no /no/builds/here; dmnn backend install --engine
 * ```
 */
export function locateEngine(options: LocateOptions = {}): LocatedEngine {
  const { cacheDirectory = nativeCacheDirectory(), resolveFrom = import.meta.url } = options;
  const reasons: string[] = [];
  const prebuilt = packageFolder(prebuiltPackage(), resolveFrom);
  if (prebuilt !== undefined) {
    const found = findBuild(prebuilt, engineKind());
    if (found.state === 'intact') return located(found);
    reasons.push(
      found.state === 'none'
        ? `${prebuiltPackage()} has no manifest.json`
        : `${prebuiltPackage()}: ${found.reason}`,
    );
  }
  const found = findEngine(cacheDirectory);
  if (found.state === 'intact') return located(found);
  reasons.push(
    found.state === 'none' ? `no core of the engine for this version in ${cacheDirectory}` : found.reason,
  );
  return { reason: reasons.join('; '), remedy: buildRemedy(found.state, INSTALL_COMMAND) };
}

/** Finds this version's core in a cache. */
export function findEngine(cacheDirectory: string): FoundBuild<EngineManifest> {
  return findBuild(join(cacheDirectory, engineBuildName()), engineKind());
}

function located({
  build,
}: Extract<FoundBuild<EngineManifest>, { readonly state: 'intact' }>): LocatedEngine {
  return { path: join(build.folder, CORE), manifest: build.manifest };
}

function packageFolder(name: string, from: string): string | undefined {
  try {
    return dirname(createRequire(from).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

const text = { what: 'text', is: (value: unknown) => typeof value === 'string' };

function engineKind(): BuildKind<EngineManifest> {
  const exactly = (expected: string): { what: string; is: (value: unknown) => boolean } => ({
    what: expected,
    is: (value) => value === expected,
  });
  return {
    format: ENGINE_FORMAT,
    keys: {
      sources: exactly(sourceDigest()),
      libc: exactly(libcOf() ?? 'none'),
      files: {
        what: `a list with ${CORE}`,
        is: (files) =>
          Array.isArray(files) && files.some((file) => (file as { path?: unknown } | null)?.path === CORE),
      },
      ...{ oneDnn: text, source: text, compiler: text },
    },
  };
}
