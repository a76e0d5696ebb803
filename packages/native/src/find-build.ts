import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import { systemCode } from '@dmnn/foundation/node';
import type { Build, BuildManifest } from './build-manifest.js';
import type { BuiltFile } from './built-file.js';
import { NAPI_VERSION } from './native-cache.js';
import { problemOf } from './verify-build.js';

/** The outcome of looking for a build. */
export type FoundBuild<M extends BuildManifest> =
  | { readonly state: 'none' }
  /** Every file is what it was when the build was made. */
  | { readonly state: 'intact'; readonly build: Build<M> }
  | {
      /** `newer`: made by a newer version of this package; `unreadable`: the system refuses to read it. */
      readonly state: 'damaged' | 'newer' | 'unreadable';
      /** One line, that names the file. */
      readonly reason: string;
    };

/** What a key of a manifest must be. */
export interface ManifestKey {
  /** In words, for messages. */
  readonly what: string;
  /** Whether a value is it. */
  readonly is: (value: unknown) => boolean;
}

/** What {@link findBuild} knows of a kind of build. */
export interface BuildKind<M extends BuildManifest> {
  /** The newest format of its manifest that is understood. */
  readonly format: number;
  /** What each key of its manifest must be, by its name. */
  readonly keys: Readonly<Record<string, ManifestKey>>;
  /** Whether a file that the manifest lists is loaded. @defaultValue all are */
  readonly isLoaded?: ((file: BuiltFile, manifest: M) => boolean) | undefined;
}

/**
 * Finds a finished build and checks each of its files by size and SHA-256: loading a damaged library would end the
 * process, without a word.
 *
 * @param name - the build's folder
 */
export function findBuild<M extends BuildManifest>(name: string, kind: BuildKind<M>): FoundBuild<M> {
  const manifestPath = join(name, 'manifest.json');
  const damaged = (reason: string): FoundBuild<M> => ({ state: 'damaged', reason });
  let text: Buffer;
  let folder: string;
  try {
    text = readFileSync(manifestPath);
    folder = realpathSync(name);
  } catch (error) {
    const code = systemCode(error) ?? 'unknown';
    if (code === 'ENOENT') return { state: 'none' };
    const reason = `${manifestPath} cannot be read (${code})`;
    return { state: code === 'EACCES' || code === 'EPERM' ? 'unreadable' : 'damaged', reason };
  }
  let manifest: M;
  try {
    const read = parseJson(text, { what: manifestPath });
    const format = formatOf(read);
    if (format !== undefined && format > kind.format) {
      return { state: 'newer', reason: `${name} was built by a newer version of dmnn (format ${format})` };
    }
    manifest = manifestOf(read, kind);
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return damaged(message.startsWith(manifestPath) ? message : `${manifestPath}: ${message}`);
  }
  const { isLoaded } = kind;
  const files = isLoaded ? manifest.files.filter((file) => isLoaded(file, manifest)) : manifest.files;
  const problem = problemOf(folder, files);
  if (problem === undefined) return { state: 'intact', build: { folder, manifest } };
  return /\((EACCES|EPERM)\)$/.test(problem) ? { state: 'unreadable', reason: problem } : damaged(problem);
}

/**
 * What helps where a build cannot be used.
 *
 * @param command - the one that installs it
 */
export function buildRemedy(state: FoundBuild<BuildManifest>['state'], command: string): string {
  if (state === 'newer') return `${command} --force`;
  return state === 'unreadable'
    ? `give this user access to it, or set XDG_CACHE_HOME to another folder and run ${command}`
    : command;
}

function formatOf(read: unknown): number | undefined {
  const format = isRecord(read) ? read['format'] : undefined;
  return typeof format === 'number' && Number.isSafeInteger(format) && format >= 1 ? format : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws TypeError for what no installation on such a machine writes. */
function manifestOf<M extends BuildManifest>(read: unknown, kind: BuildKind<M>): M {
  const manifest = isRecord(read) ? read : {};
  const expected = (key: string, is: boolean, what: string): void => {
    if (!is)
      throw new TypeError(
        `${key}: expected ${what}, got ${key in manifest ? JSON.stringify(manifest[key]) : 'none'}`,
      );
  };
  expected('format', formatOf(manifest) !== undefined, 'a version number');
  expected('platform', manifest['platform'] === process.platform, process.platform);
  expected('arch', manifest['arch'] === process.arch, process.arch);
  expected('napiVersion', manifest['napiVersion'] === NAPI_VERSION, String(NAPI_VERSION));
  for (const [key, { is, what }] of Object.entries(kind.keys)) expected(key, is(manifest[key]), what);
  const { files } = manifest;
  if (!Array.isArray(files) || files.length === 0 || !files.every(isBuiltFile))
    throw new TypeError('files: expected paths with sizes and sums, got something else');
  return manifest as unknown as M;
}

function isBuiltFile(file: unknown): file is BuiltFile {
  return (
    isRecord(file) &&
    typeof file['path'] === 'string' &&
    typeof file['bytes'] === 'number' &&
    typeof file['sha256'] === 'string'
  );
}
