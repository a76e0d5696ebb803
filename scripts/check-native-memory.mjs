// Runs the tests of the native TensorFlow.js operations with these compiled under GCC's address and undefined-behaviour
// sanitisers, which end a test that reads or writes beyond a buffer; without them it may pass, and the process die later.
//   node scripts/check-native-memory.mjs [FILE…]   test files, instead of those of the operations
// Needs the native backend (`dmnn backend install`), g++ with its sanitisers, and Linux. Says so and ends where one lacks.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { nativeCacheDirectory } from '@dmnn/native';
import { findNativeBuild } from '../packages/runtime/dist/install/native-build.js';
import { operationSources, operationsName } from '../packages/runtime/dist/install/native-operations.js';

const TESTS = [
  'native-operations',
  'native-packed-convolution',
  'native-pointwise-sum',
  'native-kernels',
  'training-step',
].map((name) => `packages/runtime/src/${name}.test.ts`);
const found = findNativeBuild(nativeCacheDirectory(), false);
const build = found.state === 'intact' ? found.build.folder : '';

/** @param {string} reason */
function notRun(reason) {
  console.log(`not run: ${reason}`);
  process.exit();
}

/** @param {string} name */
const sanitiser = (name) =>
  execFileSync('g++', [`-print-file-name=lib${name}.so`], { encoding: 'utf8' }).trim();

if (!existsSync(join(build, 'manifest.json')))
  notRun('the native backend is not installed; dmnn backend install');
const headers = join(dirname(dirname(process.execPath)), 'include', 'node');
if (!existsSync(join(headers, 'node_api.h'))) notRun(`no headers of Node in ${headers}`);
if (spawnSync('g++', ['--version']).status !== 0) notRun('no g++');
const preloaded = ['asan', 'ubsan'].map(sanitiser);
if (!preloaded.every((path) => existsSync(path))) notRun('g++ has no sanitisers');

const folder = mkdtempSync(join(tmpdir(), 'dmnn-sanitised-'));
try {
  const own = join(folder, 'dmnn', 'native', basename(build));
  // the libraries weigh a gigabyte, and are only read
  cpSync(build, own, {
    recursive: true,
    filter: (from) => !from.includes('.so') && !/dmnn_operations.*\.node$/.test(from),
  });
  for (const entry of readdirSync(build, { recursive: true, withFileTypes: true })) {
    const from = join(entry.parentPath, entry.name);
    if (entry.isFile() && from.includes('.so')) linkSync(from, join(own, from.slice(build.length)));
  }
  const libraries = join(own, 'node_modules', '@tensorflow', 'tfjs-node', 'deps', 'lib');
  const name = operationsName();
  const sources = readdirSync(operationSources).filter((file) => file.endsWith('.cc'));
  execFileSync(
    'g++',
    [
      ...['-shared', '-fPIC', '-pthread', '-std=c++17', '-O1', '-g', '-fno-omit-frame-pointer'],
      ...['-fsanitize=address,undefined', '-fno-sanitize=vptr', '-fno-sanitize-recover=undefined'],
      ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=dmnn_operations'],
      `-I${headers}`,
      ...sources.map((file) => join(operationSources, file)),
      ...['-o', join(own, name)],
      ...['tensorflow_cc', 'tensorflow_framework'].map((stem) => join(libraries, `lib${stem}.so.2`)),
      `-Wl,-rpath,$ORIGIN/node_modules/@tensorflow/tfjs-node/deps/lib`,
    ],
    { stdio: 'inherit' },
  );
  const file = join(own, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  const bytes = readFileSync(join(own, name));
  const entry = { path: name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  manifest.files = [
    .../** @type {{ path: string }[]} */ (manifest.files).filter(
      ({ path }) => !path.startsWith('dmnn_operations'),
    ),
    entry,
  ];
  writeFileSync(file, JSON.stringify(manifest));
  rmSync(join(own, 'checked.json'), { force: true });
  const files = process.argv.length > 2 ? process.argv.slice(2) : TESTS;
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...files], {
    stdio: 'inherit',
    env: {
      ...process.env,
      XDG_CACHE_HOME: folder,
      LD_PRELOAD: preloaded.join(' '),
      ASAN_OPTIONS: 'detect_leaks=0:detect_odr_violation=0:quarantine_size_mb=256',
    },
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
