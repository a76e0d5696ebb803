import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';

import { parseJson } from '@dmnn/foundation';
import { BuildError, type ProgramResult, errorLines, runProgram } from '@dmnn/native';

/** What a build reports when it runs. */
export interface NativeCheck {
  readonly tensorflowVersion: string;
  readonly usesGpu: boolean;
  /** The files of JavaScript that it loaded, and the manifests of their packages, relative to the scope. */
  readonly scripts: readonly string[];
}

/** Runs in a separate process: a library for another machine ends the process that loads it. */
const script = `
const { existsSync } = require('node:fs');
const { createRequire, Module } = require('node:module');
const { dirname, join, relative, sep } = require('node:path');
const [packageFolder, scope, library, operations] = process.argv.slice(1);
const own = createRequire(library);
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const inside = parent && parent.filename && parent.filename.startsWith(scope);
  return inside && request.startsWith('@tensorflow/')
    ? request === '@tensorflow/tfjs' ? library : own.resolve(request)
    : resolve.call(this, request, parent, ...rest);
};
const util = require('node:util');
util.isNullOrUndefined = (value) => value === null || value === undefined;
util.isArray = Array.isArray;
require(packageFolder);
const tf = require(library);
const numbers = (count, step) => Array.from({ length: count }, (_, i) => Math.sin(step * i));
const run = async (backend) => {
  await tf.setBackend(backend);
  const x = tf.tensor4d(numbers(2 * 5 * 5 * 3, 0.7), [2, 5, 5, 3]);
  const w = tf.tensor4d(numbers(3 * 3 * 3 * 4, 1.3), [3, 3, 3, 4]);
  const f = (x, w) => tf.sum(tf.square(tf.conv2d(x, w, 1, 'same')));
  return [f(x, w), ...tf.grads(f)([x, w])].flatMap((t) => [...t.dataSync()]);
};
(async () => {
  const native = await run('tensorflow');
  const { binding, isUsingGpuDevice } = tf.backend();
  tf.env().set('IS_TEST', true);
  const plain = await run('cpu');
  const scale = Math.max(...plain.map(Math.abs));
  const error = Math.max(...plain.map((value, i) => Math.abs(value - native[i]))) / scale;
  if (!(error < 1e-4)) throw new Error('a convolution and its gradients are off by ' + error);
  await tf.setBackend('tensorflow');
  if (operations) {
    require(operations);
    const x = tf.tensor1d(numbers(100, 0.3));
    const count = { name: 'N', type: binding.TF_ATTR_INT, value: 1 };
    const [sum] = tf.backend().executeSingleOutput('DmnnSumsOfSquares', [count], [x]).dataSync();
    const expected = numbers(100, 0.3).reduce((total, value) => total + value * value, 0);
    if (!(Math.abs(sum - expected) < 1e-4 * expected)) throw new Error('a sum of squares is off by ' + (sum - expected));
  }
  const scripts = new Set();
  for (const file of Object.keys(require.cache)) {
    if (!file.startsWith(scope + sep)) continue;
    if (!file.endsWith('.node')) scripts.add(file);
    for (let folder = dirname(file); folder !== scope; folder = dirname(folder)) {
      if (existsSync(join(folder, 'package.json'))) scripts.add(join(folder, 'package.json'));
    }
  }
  process.stdout.write('\\n' + JSON.stringify({
    tensorflowVersion: binding.TF_Version,
    usesGpu: isUsingGpuDevice,
    scripts: [...scripts].map((file) => relative(scope, file)).sort(),
  }));
})();
`;

/**
 * Loads a build in a separate process, computes a convolution with its gradients on it and compares them with plain
 * JavaScript's; also checks one of our own operations if the build has them.
 *
 * @param packageFolder - a `@tensorflow/tfjs-node` or `-gpu` with its binding.
 * @param scope - the folder whose modules use this application's tensor library.
 * @param options.operations - the addon of our own operations, if the build has one.
 * @throws BuildError, step `check`.
 */
export async function checkNativeBuild(
  packageFolder: string,
  scope: string,
  options: { operations?: string | undefined; signal?: AbortSignal | undefined } = {},
): Promise<NativeCheck> {
  let library: string;
  try {
    library = createRequire(import.meta.url).resolve('@tensorflow/tfjs');
  } catch {
    throw new BuildError(
      'check',
      '@tensorflow/tfjs is not installed.',
      'npm install @tensorflow/tfjs@4.22.0',
    );
  }
  const { operations = '', signal } = options;
  // modules know their folder with its links resolved
  const places = [packageFolder, scope].map((folder) => realpathSync(folder));
  const args = ['--no-deprecation', '-e', script, '--', ...places, library, operations];
  const result = await runProgram(process.execPath, args, { signal });
  if (result?.status !== 0) {
    throw new BuildError(
      'check',
      `the build does not run: ${reasonOf(result)}`,
      'If a library is missing or made for another processor, name a libtensorflow that fits (--libtensorflow FOLDER).',
    );
  }
  return parseJson(result.stdout.split('\n').at(-1) ?? '') as NativeCheck;
}

/** One line, since it stands in the table of `dmnn doctor`. */
function reasonOf(result: ProgramResult | undefined): string {
  const line = errorLines(result?.output ?? '', 1);
  if (line !== '') return line;
  return result?.status === -1
    ? 'the process that loads it was ended by a signal'
    : 'it ended without a word';
}
