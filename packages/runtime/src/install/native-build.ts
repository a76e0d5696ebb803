import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '@dmnn/foundation';
import { systemCode } from '@dmnn/foundation/node';
import { type BuiltFile, NAPI_VERSION, problemOf } from '@dmnn/native';
import { nativeBuildName } from './native-build-name.js';
import { isOtherOperations } from './native-operations.js';
import { MANIFEST_FORMAT, type NativeBuild, type NativeManifest } from './native-manifest.js';

/** The outcome of looking for a build. */
export type FoundBuild =
  | { readonly state: 'none' }
  /** Every file is what it was when the build was made. */
  | { readonly state: 'intact'; readonly build: NativeBuild }
  | {
      /** `newer`: made by a newer version of this package; `unreadable`: the system refuses to read it. */
      readonly state: 'damaged' | 'newer' | 'unreadable';
      /** One line, that names the file. */
      readonly reason: string;
    };

/**
 * Finds a finished build and checks each of its files by size and SHA-256: loading a damaged library would end the
 * process, without a word.
 *
 * @param cacheDirectory - see {@link nativeCacheDirectory}.
 */
export function findNativeBuild(cacheDirectory: string, gpu: boolean): FoundBuild {
  const name = join(cacheDirectory, nativeBuildName(gpu));
  const manifestPath = join(name, 'manifest.json');
  const damaged = (reason: string): FoundBuild => ({ state: 'damaged', reason });
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
  let manifest: NativeManifest;
  try {
    const read = parseJson(text, { what: manifestPath });
    const format = formatOf(read);
    if (format !== undefined && format > MANIFEST_FORMAT) {
      return { state: 'newer', reason: `${name} was built by a newer version of dmnn (format ${format})` };
    }
    manifest = manifestOf(read, gpu);
  } catch (error) {
    const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return damaged(message.startsWith(manifestPath) ? message : `${manifestPath}: ${message}`);
  }
  const build = { folder, manifest };
  const problem = problemOf(
    folder,
    manifest.files.filter(({ path }) => !isOtherOperations(path)),
  );
  if (problem === undefined) return { state: 'intact', build };
  return /\((EACCES|EPERM)\)$/.test(problem) ? { state: 'unreadable', reason: problem } : damaged(problem);
}

/**
 * What helps where a build cannot be used.
 *
 * @param command - the one that installs it
 */
export function buildRemedy(state: FoundBuild['state'], command: string): string {
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

/** @throws TypeError for what no installation of this package on such a machine writes. */
function manifestOf(read: unknown, gpu: boolean): NativeManifest {
  const manifest = isRecord(read) ? read : {};
  const expected = (key: string, is: boolean, what: string): void => {
    if (!is)
      throw new TypeError(
        `${key}: expected ${what}, got ${key in manifest ? JSON.stringify(manifest[key]) : 'none'}`,
      );
  };
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  expected('format', formatOf(manifest) !== undefined, 'a version number');
  expected('packageName', manifest['packageName'] === name, name);
  expected('platform', manifest['platform'] === process.platform, process.platform);
  expected('arch', manifest['arch'] === process.arch, process.arch);
  expected('napiVersion', manifest['napiVersion'] === NAPI_VERSION, String(NAPI_VERSION));
  for (const key of ['packageVersion', 'tensorflowVersion', 'source'])
    expected(key, typeof manifest[key] === 'string', 'text');
  const { files } = manifest;
  if (!Array.isArray(files) || files.length === 0 || !files.every(isBuiltFile))
    throw new TypeError('files: expected paths with sizes and sums, got something else');
  return manifest as unknown as NativeManifest;
}

function isBuiltFile(file: unknown): file is BuiltFile {
  return (
    isRecord(file) &&
    typeof file['path'] === 'string' &&
    typeof file['bytes'] === 'number' &&
    typeof file['sha256'] === 'string'
  );
}
