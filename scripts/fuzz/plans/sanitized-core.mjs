// The engine's core compiled with AddressSanitizer and UndefinedBehaviorSanitizer into a program that runs cases.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findBuildTools, nativeCacheDirectory, runProgram } from '@dmnn/native';

const driver = fileURLToPath(new URL('driver.cc', import.meta.url));
const native = fileURLToPath(new URL('../../../packages/engine/native', import.meta.url));
const built = fileURLToPath(new URL('../../../.tools/sanitized-core', import.meta.url));
const flags = [
  ...['-std=c++17', '-O1', '-g', '-fno-omit-frame-pointer', '-pthread'],
  ...['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-Wall', '-Wextra'],
];

const LIBRARY = 'libdnnl.so.3';

/** What it is compiled from: the core without Node-API. */
function sources() {
  const core = readdirSync(native).filter((name) => name.endsWith('.cc') && name !== 'addon.cc');
  return [...core.sort().map((name) => join(native, name)), driver];
}

function digest() {
  const hash = createHash('sha256').update(flags.join(' '));
  for (const name of [
    ...readdirSync(native)
      .sort()
      .map((name) => join(native, name)),
    driver,
  ])
    hash.update(readFileSync(name));
  return hash.digest('hex').slice(0, 12);
}

/** Where it is, if it was made from these sources. @returns {string | undefined} */
export function sanitizedCore() {
  const path = join(built, digest(), 'driver');
  return existsSync(path) ? path : undefined;
}

/** The folder with oneDNN and its headers that an installation of the engine has left in the cache. */
function installedOneDnn() {
  const cache = nativeCacheDirectory();
  const names = existsSync(cache) ? readdirSync(cache) : [];
  const folders = names.filter((name) => name.startsWith('onednn-')).map((name) => join(cache, name));
  return folders.find(
    (folder) => existsSync(join(folder, 'lib', LIBRARY)) && existsSync(join(folder, 'include')),
  );
}

/** Makes it if it is not there. @returns {Promise<string | undefined>} why it cannot be made */
export async function makeSanitizedCore() {
  if (sanitizedCore() !== undefined) return undefined;
  const oneDnn = installedOneDnn();
  if (oneDnn === undefined) return 'oneDNN is not installed: dmnn backend install --engine';
  const compiler = (await findBuildTools()).find(({ name }) => name === 'compiler');
  if (!compiler?.works || !compiler.command) return 'there is no C++ compiler';
  const [program = '', ...args] = compiler.command;
  const target = join(built, digest());
  const partial = `${target}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    console.log('compiling the core with sanitizers (about half a minute)');
    const waiting = sources();
    /** @type {string[]} */
    const objects = [];
    const compileNext = async () => {
      for (let source = waiting.shift(); source !== undefined; source = waiting.shift()) {
        const object = join(partial, `${basename(source)}.o`);
        await run(program, [
          ...args,
          ...flags,
          `-I${native}`,
          `-I${join(oneDnn, 'include')}`,
          '-c',
          source,
          '-o',
          object,
        ]);
        objects.push(object);
      }
    };
    await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, compileNext));
    const library = join(oneDnn, 'lib', LIBRARY);
    const linked = ['-Wl,--copy-dt-needed-entries', ...objects, library, `-Wl,-rpath,${dirname(library)}`];
    await run(program, [...args, ...flags, ...linked, '-o', join(partial, 'driver')]);
    renameSync(partial, target);
    return undefined;
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    const [line] = String(/** @type {Error} */ (error).message).split('\n');
    if (/sanitize|asan|ubsan/i.test(String(error))) return `the compiler has no sanitizers: ${line}`;
    throw error;
  }
}

/** @param {string} program @param {string[]} args */
async function run(program, args) {
  const result = await runProgram(program, args, {});
  if (result?.status !== 0) throw new Error(result?.output ?? `${program} could not be run`);
}

/** A process of it. */
export class SanitizedCore {
  #path;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {AsyncIterator<string> | undefined} */
  #lines;
  #errors = '';

  /** @param {string} path */
  constructor(path) {
    this.#path = path;
  }

  /**
   * Opens a case and runs it.
   *
   * @param {Int32Array} words
   * @returns {Promise<any>} its answer
   * @throws Error with the sanitizer's report if it ends without one
   */
  async run(words) {
    const child = (this.#child ??= this.#start());
    child.stdin?.write(new Uint8Array(Uint32Array.of(words.length).buffer));
    child.stdin?.write(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
    const line = await this.#lines?.next();
    if (line && !line.done) return JSON.parse(line.value);
    const ended = await new Promise((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve(child.signalCode ?? child.exitCode);
      else child.on('close', (code, signal) => resolve(signal ?? code));
    });
    this.#child = undefined;
    throw new Error(`the core ended (${String(ended)}):\n${this.#errors.slice(0, 4000)}`);
  }

  #start() {
    this.#errors = '';
    const child = spawn(this.#path, [], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ASAN_OPTIONS:
          'detect_leaks=0:quarantine_size_mb=32:hard_rss_limit_mb=1024:allocator_may_return_null=0',
        UBSAN_OPTIONS: 'print_stacktrace=1',
      },
    });
    child.stderr?.on('data', (chunk) => (this.#errors += chunk));
    child.stdin?.on('error', () => {}); // it ended: the missing answer says so
    this.#lines = createInterface({ input: /** @type {any} */ (child.stdout) })[Symbol.asyncIterator]();
    child.unref();
    return child;
  }
}
