import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import util from 'node:util';
import { closeAfterSync } from '@dmnn/foundation';

import { buildRemedy } from '@dmnn/native';
import { findNativeBuild } from '../install/native-build.js';
import type { NativeBuild } from '../install/native-manifest.js';
import { type NativeOperations, operationsOf } from '../install/native-operations.js';
import { nativeEnvironment } from './native-environment.js';
import { shareTensorLibrary } from './share-tensor-library.js';

/** The outcome of loading a native package. */
export type NativeLoad =
  | {
      readonly loaded: true;
      /** The operations of `native/`, if they are loaded too. */
      readonly operations: NativeOperations | undefined;
      readonly warnings: readonly string[];
    }
  | { readonly loaded: false; readonly reason: string; readonly remedy: string };

/** The addon that {@link installNativeBackend} builds with the binding. */
interface NativeSetup {
  keepFreedMemory(): boolean;
  captureStderr(): void;
  releaseStderr(): string;
}

/** Where one `lib/napi-v…/tfjs_binding.node` is, newest first; `undefined` if the package was never built. */
function bindingOf(packageFolder: string): string | undefined {
  const lib = join(packageFolder, 'lib');
  if (!existsSync(lib)) return undefined;
  const versions = readdirSync(lib).sort().reverse();
  return versions.map((name) => join(lib, name, 'tfjs_binding.node')).find((path) => existsSync(path));
}

/** tfjs-node 4.22 calls two functions of `util` that Node 22 warns of and Node 23 removed. */
function restoreUtil(): void {
  const removed = util as unknown as Record<string, unknown>;
  removed['isNullOrUndefined'] = (value: unknown) => value === null || value === undefined;
  removed['isArray'] = Array.isArray;
}

function firstLine(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}

function folderOf(name: string, require: NodeJS.Require): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

/** Loads one package folder: first the binding alone, so that a broken one registers no kernels. */
function load(folder: string, require: NodeJS.Require): void {
  const binding = bindingOf(folder);
  if (binding === undefined) throw new Error('it holds no compiled binding');
  // read by libtensorflow when it is loaded
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  restoreUtil();
  require(binding);
  require(folder);
}

/** glibc reads its variables only at the start of the process. */
function memoryWarnings(): string[] {
  const unset = Object.entries(nativeEnvironment()).filter(
    ([name]) => name.startsWith('MALLOC_') && process.env[name] === undefined,
  );
  if (unset.length === 0) return [];
  const settings = unset.map(([name, value]) => `${name}=${value}`).join(' ');
  return [`Big tensors are returned to the system at every step, which is slow. Start with ${settings}`];
}

/** The lines of libtensorflow that report a problem, without its greeting. */
function problems(stderr: string): string[] {
  return stderr.split('\n').filter((line) => /^(\d{4}-\d\d-\d\d [\d:.]+: )?[EF][\d ]/.test(line));
}

const OLD_BUILD =
  'The native build is of an older version and lacks operations, so training is slower. Run: dmnn backend install';

/** Loads a build from the cache without output: first its memory settings, then the binding, then our operations. */
function loadBuild(
  build: NativeBuild,
  packageName: string,
  require: NodeJS.Require,
): Pick<NativeLoad & { loaded: true }, 'operations' | 'warnings'> {
  const buildFolder = build.folder;
  shareTensorLibrary(buildFolder);
  const path = join(buildFolder, 'dmnn_setup.node');
  if (!existsSync(path)) {
    load(join(buildFolder, 'node_modules', packageName), require);
    return { operations: undefined, warnings: [...memoryWarnings(), OLD_BUILD] };
  }
  const addon = operationsOf(build);
  const setup = require(path) as NativeSetup;
  setup.keepFreedMemory();
  setup.captureStderr();
  let stderr = '';
  const operations = closeAfterSync(
    () => {
      load(join(buildFolder, 'node_modules', packageName), require);
      return addon === undefined ? undefined : (require(addon) as NativeOperations);
    },
    () => {
      stderr = setup.releaseStderr();
    },
  );
  return {
    operations,
    warnings: [...problems(stderr), ...(operations === undefined ? [OLD_BUILD] : [])],
  };
}

/**
 * Loads `@tensorflow/tfjs-node` or `-gpu`: an installed one that is built, otherwise the build in the cache.
 *
 * Never throws and prints nothing; on success the backend `tensorflow` is registered with tfjs-core.
 *
 * @param options.gpu - which of the two packages.
 * @param options.cacheDirectory - see {@link nativeCacheDirectory}.
 */
export function loadNative(options: { gpu: boolean; cacheDirectory: string }): NativeLoad {
  const { gpu, cacheDirectory } = options;
  const name = gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const command = `dmnn backend install${gpu ? ' --gpu' : ''}`;
  const require = createRequire(import.meta.url);
  const reasons: string[] = [];
  const installed = folderOf(name, require);
  if (installed === undefined) reasons.push(`${name} is not installed`);
  else {
    try {
      load(installed, require);
      return { loaded: true, operations: undefined, warnings: memoryWarnings() };
    } catch (error) {
      reasons.push(`${name} is installed but does not load: ${firstLine(error)}`);
    }
  }
  const found = findNativeBuild(cacheDirectory, gpu);
  if (found.state !== 'intact') {
    reasons.push(found.state === 'none' ? `no build in ${cacheDirectory}` : found.reason);
    return {
      loaded: false,
      reason: reasons.join('; '),
      remedy: buildRemedy(found.state, command),
    };
  }
  try {
    return { loaded: true, ...loadBuild(found.build, name, require) };
  } catch (error) {
    const problem = firstLine(error);
    reasons.push(`the build in ${cacheDirectory} does not load: ${problem}`);
    // its own libraries are there, so it is one of the system's
    const library = /^(\S+): cannot open shared object file/.exec(problem)?.[1];
    return {
      loaded: false,
      reason: reasons.join('; '),
      remedy:
        library === undefined
          ? `${command} --force`
          : `install the system's package that holds ${library} (Debian: apt-get install apt-file, then apt-file search ${library})`,
    };
  }
}
