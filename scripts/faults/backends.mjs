// Backends that are not there, damaged or planted: another one with the reason, or an error that says what to do.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { locateEngine } from '../../packages/engine/dist/index.js';
import { operationsName } from '../../packages/runtime/dist/install/native-operations.js';
import { photographs } from './frame/pieces.mjs';
import { endOf, promise, promiseDone, promiseReadable, promiseRefused } from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const name = `napi-v8-${process.platform}-${process.arch}`;

/** Arguments of a small command that uses a backend. @param {Place} place */
function small(place) {
  return [...predicting(place), '--engine', 'tfjs'];
}

/** Arguments of a small command that uses the fastest that works. @param {Place} place */
function predicting(place) {
  place.write('a.jpg', photographs()[0]);
  return ['predict', 'a.jpg', '--model', place.model()];
}

/** A cache with a native build of one file, as far as its manifest can say. @param {Place} place */
function planted(place, root = 'cache') {
  const build = place.path(root, 'dmnn', 'native', name);
  mkdirSync(build, { recursive: true });
  const marker = place.path('loaded');
  writeFileSync(join(build, 'index.js'), `require('fs').writeFileSync(${JSON.stringify(marker)}, '')`);
  const manifest = {
    format: 1,
    packageName: '@tensorflow/tfjs-node',
    packageVersion: '4.22.0',
    tensorflowVersion: '2.19.0',
    source: 'planted',
    platform: process.platform,
    arch: process.arch,
    napiVersion: 8,
    files: [],
  };
  writeFileSync(join(build, 'manifest.json'), JSON.stringify(manifest));
  const module = join(build, 'node_modules', '@tensorflow', 'tfjs-node');
  mkdirSync(module, { recursive: true });
  writeFileSync(
    join(module, 'package.json'),
    '{"name":"@tensorflow/tfjs-node","version":"4.22.0","main":"i.js"}',
  );
  cpSync(join(build, 'index.js'), join(module, 'i.js'));
  return { build, marker };
}

/**
 * What may lie built in the cache.
 *
 * @typedef {object} Build
 * @property {string | undefined} folder where it is on this machine
 * @property {(place: Place) => string[]} args of a command that uses it
 * @property {RegExp} used what that says
 * @property {RegExp} instead what it says where something else does the work
 * @property {readonly string[]} asked options that want this one and no other
 */

/** @type {Record<string, Build>} */
const builds = {
  'the native build': {
    folder: nativeFolder(),
    args: small,
    used: /backend native/,
    instead: /backend (wasm|cpu)/,
    asked: ['--backend', 'native'],
  },
  "the engine's core": {
    folder: engineFolder(),
    args: predicting,
    used: /engine compiled/,
    instead: /engine (onnx|tfjs)|backend (native|wasm|cpu)/,
    asked: ['--engine', 'compiled'],
  },
};

function nativeFolder() {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'dmnn', 'native', name);
  return existsSync(join(folder, 'manifest.json')) ? folder : undefined;
}

function engineFolder() {
  const { path } = locateEngine();
  return path === undefined ? undefined : dirname(path);
}

/** A copy of a build of this machine, in a cache of its own. @param {Place} place @param {Build} build */
function copiedBuild(place, { folder }) {
  if (folder === undefined) return place.skip('it is not built here');
  const cache = place.path('cache');
  const build = join(cache, 'dmnn', 'native', basename(folder));
  cpSync(folder, build, { recursive: true, verbatimSymlinks: true });
  const { files } = JSON.parse(readFileSync(join(build, 'manifest.json'), 'utf8'));
  // operations of other versions lie next to those that this one loads
  const loaded = (/** @type {{ path: string }} */ { path }) =>
    !path.startsWith('dmnn_operations') || path === operationsName();
  return { cache, build, files: /** @type {{ path: string }[]} */ (files).filter(loaded) };
}

/** @type {Record<string, (path: string) => void>} */
const damages = {
  'cut off': (path) => writeFileSync(path, readFileSync(path).subarray(0, 5000)),
  'of zeros': (path) => writeFileSync(path, new Uint8Array(100_000)),
  removed: (path) => rmSync(path),
  'with zeros in its middle': (path) => {
    const bytes = readFileSync(path);
    bytes.fill(0, bytes.length >> 1, Math.min((bytes.length >> 1) + 200_000, bytes.length));
    writeFileSync(path, bytes);
  },
};

const damaged = Object.entries(builds).flatMap(([kind, one]) =>
  Object.entries(damages).map(([what, damage]) => ({
    name: `a file of ${kind} ${what} after a successful check: another does the work, with the reason`,
    quick: what === 'cut off',
    /** @param {Place} place */
    async run(place) {
      const { cache, build, files } = copiedBuild(place, one);
      const env = { XDG_CACHE_HOME: cache };
      const args = one.args(place);
      promiseDone(await place.dmnn(args, { env }), [one.used]);
      for (const { path } of place.quick ? files.slice(0, 1) : files) {
        const whole = readFileSync(join(build, path));
        damage(join(build, path));
        const ended = await place.dmnn(args, { env });
        promise(
          ended.code === 0 && ended.signal === null,
          `${path}: expected another to do the work: ${endOf(ended)}`,
        );
        promiseReadable(ended);
        promise(one.instead.test(ended.err), `${path}: expected another to do the work: ${endOf(ended)}`);
        const asked = await place.dmnn([...predicting(place), ...one.asked], { env });
        promiseRefused(asked, { says: [/backend install/] });
        writeFileSync(join(build, path), whole);
      }
      return `${files.length} files`;
    },
  })),
);

/** @type {readonly Fault[]} */
export default [
  {
    name: '--backend native that is not built: refused, with the command that builds it',
    quick: true,
    async run(place) {
      const env = { XDG_CACHE_HOME: place.path('empty') };
      const ended = await place.dmnn([...small(place), '--backend', 'native'], { env });
      promiseRefused(ended, { says: [/backend install/] });
    },
  },
  {
    name: 'a backend of an unknown name: refused with the names',
    async run(place) {
      promiseRefused(await place.dmnn([...small(place), '--backend', 'webgl']), { code: 2, says: [/wasm/] });
    },
  },
  ...Object.entries({ 'HOME empty': '', 'HOME not set': undefined, 'HOME relative': 'home' }).map(
    ([what, HOME]) => ({
      name: `${what}: code in the current folder's cache is not loaded`,
      quick: true,
      /** @param {Place} place */
      async run(place) {
        const { marker } = planted(place, HOME === 'home' ? 'home/.cache' : '.cache');
        const ended = await place.dmnn(small(place), { env: { HOME, XDG_CACHE_HOME: undefined } });
        promise(!existsSync(marker), 'expected the planted code not to be loaded');
        promise(ended.code === 0, `expected it to run: ${endOf(ended)}`);
        promiseReadable(ended);
      },
    }),
  ),
  {
    name: 'a relative XDG_CACHE_HOME: ignored, and said',
    quick: true,
    async run(place) {
      const { marker } = planted(place);
      const ended = await place.dmnn(['doctor'], { env: { XDG_CACHE_HOME: 'cache' } });
      promise(!existsSync(marker), 'expected the planted code not to be loaded');
      promise(/XDG_CACHE_HOME/.test(ended.err + ended.out), `expected it to be said: ${endOf(ended)}`);
    },
  },
  ...Object.entries({
    'that is no JSON': 'x',
    'of a newer format': '{"format": 99, "files": []}',
    'of a list': '[]',
    'of no files': '{"format": 1}',
  }).map(([what, text]) => ({
    name: `a native build with a manifest ${what}: another backend, with the reason`,
    quick: /newer|JSON/.test(what),
    /** @param {Place} place */
    async run(place) {
      const { build, marker } = planted(place);
      writeFileSync(join(build, 'manifest.json'), text);
      const env = { XDG_CACHE_HOME: place.path('cache') };
      const ended = await place.dmnn(small(place), { env });
      promise(ended.code === 0, `expected another backend: ${endOf(ended)}`);
      promiseReadable(ended);
      promise(!existsSync(marker), 'expected its code not to be loaded');
      const doctor = await place.dmnn(['doctor'], { env });
      promiseReadable(doctor);
      promise(
        /manifest|format|newer|damaged/.test(doctor.out + doctor.err),
        `expected a reason: ${endOf(doctor)}`,
      );
    },
  })),
  ...damaged,
  {
    name: 'backend install without a network: refused with a remedy, nothing locked, the next call goes on',
    quick: true,
    async run(place) {
      const gone = 'http://127.0.0.1:9';
      const env = {
        ...{
          XDG_CACHE_HOME: place.path('cache'),
          npm_config_registry: gone,
          PIP_INDEX_URL: `${gone}/simple`,
        },
        ...{
          HTTPS_PROXY: gone,
          HTTP_PROXY: gone,
          https_proxy: gone,
          http_proxy: gone,
          NO_PROXY: '',
          no_proxy: '',
        },
        ...{ npm_config_fetch_retries: '0', npm_config_cache: place.path('npm'), PIP_NO_CACHE_DIR: '1' },
      };
      for (let again = 0; again < 2; again++) {
        const ended = await place.dmnn(['backend', 'install'], { env, seconds: 180 });
        promiseRefused(ended, { says: [/./], seconds: 180 });
        promise(!/other process|in use/i.test(ended.err), `expected no lock left: ${endOf(ended)}`);
      }
      const left = readdirSync(place.path('cache'), { recursive: true }).map(String);
      promise(
        !left.some((file) => file.endsWith('manifest.json')),
        `expected no manifest, got ${left.join(', ')}`,
      );
    },
  },
  {
    name: 'backend install into a file system that takes no folders: refused, not tried forever',
    quick: true,
    async run(place) {
      if (process.platform !== 'linux') place.skip('/proc is of Linux');
      for (const what of [[], ['--engine']]) {
        const args = ['backend', 'install', ...what];
        const ended = await place.dmnn(args, { env: { XDG_CACHE_HOME: '/proc/x' }, seconds: 60 });
        promiseRefused(ended, { says: [/cannot write to \/proc\/x\/dmnn/], seconds: 60 });
      }
    },
  },
  {
    name: 'backend install into a cache that is a file: refused with the path',
    quick: true,
    async run(place) {
      place.write('cache', 'x');
      const ended = await place.dmnn(['backend', 'install'], {
        env: { XDG_CACHE_HOME: place.path('cache') },
      });
      promiseRefused(ended, { says: [/cache/] });
    },
  },
];
