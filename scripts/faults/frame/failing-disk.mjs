// Loaded into a command before anything else (`node --import`): one of its calls that change the disk fails, or is where
// the process is killed or signalled. DMNN_DISK_FAULT has a DiskFault as JSON.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/**
 * @typedef {object} DiskFault
 * @property {string} paths a regular expression: calls on other paths do not count
 * @property {number} at the number of the call, from 0
 * @property {'kill' | 'EIO' | 'ENOSPC' | 'EROFS' | 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'count'} action
 * @property {boolean} [onwards] whether all later calls fail, too
 * @property {boolean} [torn] whether a write leaves half of its bytes
 * @property {number} [after] counts only after the fault with this number has happened
 * @property {string} [report] a file that gets a line for each call
 */

/** Two at once, if DMNN_DISK_FAULT_2 has another. @type {{ fault: DiskFault, paths: RegExp, calls: number, happened: boolean }[]} */
const faults = [process.env.DMNN_DISK_FAULT, process.env.DMNN_DISK_FAULT_2]
  .filter((text) => text !== undefined)
  .map((text) => JSON.parse(text))
  .map((fault) => ({ fault, paths: new RegExp(fault.paths), calls: 0, happened: false }));
const append = fs.appendFileSync.bind(fs);
const texts = { EIO: 'i/o error', ENOSPC: 'no space left on device', EROFS: 'read-only file system' };
/** @type {Map<number, string>} paths of open files */
const openFiles = new Map();

let reporting = false;

/**
 * Called before a call that changes the disk.
 *
 * @param {string} call
 * @param {unknown} path
 * @param {() => void} [half] does half of it
 */
function before(call, path, half) {
  if (reporting) return;
  for (const one of faults) beforeFor(one, call, String(path ?? ''), half);
}

/** @param {typeof faults[number]} one @param {string} call @param {string} text @param {(() => void) | undefined} half */
function beforeFor(one, call, text, half) {
  const { fault, paths } = one;
  if (!paths.test(text)) return;
  if (fault.after !== undefined && !faults[fault.after].happened) return;
  const number = one.calls++;
  if (fault.report !== undefined) {
    reporting = true;
    append(fault.report, `${call} ${text}\n`);
    reporting = false;
  }
  if (number !== fault.at && !(fault.onwards && number > fault.at)) return;
  one.happened = true;
  if (fault.torn && half) half();
  if (fault.action === 'count') return;
  if (fault.action === 'kill') process.kill(process.pid, 'SIGKILL');
  else if (fault.action.startsWith('SIG')) process.kill(process.pid, fault.action);
  else {
    const code = /** @type {'EIO' | 'ENOSPC' | 'EROFS'} */ (fault.action);
    const message = `${code}: ${texts[code]}, ${call} '${text}'`;
    throw Object.assign(new Error(message), { code, syscall: call, path: text });
  }
}

/** @param {unknown} flags of `open` */
const writes = (flags) =>
  typeof flags === 'number' ? (flags & 3) !== 0 : /[wa+]/.test(String(flags ?? 'r'));

const calling = ['mkdir', 'rename', 'rm', 'unlink', 'rmdir', 'truncate', 'symlink', 'link', 'copyFile', 'cp'];
for (const call of [...calling, 'writeFile', 'appendFile', 'mkdtemp']) {
  // links and renames count by where they lead
  const which = ['rename', 'symlink', 'link', 'copyFile', 'cp'].includes(call) ? 1 : 0;
  for (const [home, name] of /** @type {[any, string][]} */ ([
    [fs.promises, call],
    [fs, `${call}Sync`],
  ])) {
    const real = home[name];
    const wrapped = (/** @type {unknown[]} */ ...args) => {
      before(call, args[which]);
      return real.apply(home, args);
    };
    home[name] = name.endsWith('Sync')
      ? wrapped
      : async (/** @type {unknown[]} */ ...args) => wrapped(...args);
  }
}

const open = fs.promises.open;
/** @type {any} */ (fs.promises).open = async (/** @type {any[]} */ ...args) => {
  const [path, flags] = args;
  if (writes(flags)) before('open', path);
  const file = await open.apply(fs.promises, /** @type {any} */ (args));
  if (writes(flags)) openFiles.set(file.fd, String(path));
  else openFiles.delete(file.fd);
  wrapHandle(Object.getPrototypeOf(file));
  return file;
};
const openSync = fs.openSync;
/** @type {any} */ (fs).openSync = (/** @type {any[]} */ ...args) => {
  const [path, flags] = args;
  if (writes(flags)) before('open', path);
  const fd = openSync.apply(fs, /** @type {any} */ (args));
  if (writes(flags)) openFiles.set(fd, String(path));
  else openFiles.delete(fd);
  return fd;
};

let wrapped = false;
/** @param {any} prototype of file handles */
function wrapHandle(prototype) {
  if (wrapped) return;
  wrapped = true;
  for (const call of ['writeFile', 'write', 'appendFile', 'writev', 'truncate', 'sync', 'datasync']) {
    const real = prototype[call];
    if (typeof real !== 'function') continue;
    prototype[call] = async function (/** @type {any[]} */ ...args) {
      const bytes = args[0];
      const half = () => void fs.writeSync(this.fd, bytes, 0, Math.floor(bytes.length / 2));
      before(call, openFiles.get(this.fd), ArrayBuffer.isView(bytes) ? half : undefined);
      return real.apply(this, args);
    };
  }
}

const writeSync = fs.writeSync;
/** @type {any} */ (fs).writeSync = (/** @type {any[]} */ ...args) => {
  if (openFiles.has(args[0])) before('write', openFiles.get(args[0]));
  return writeSync.apply(fs, /** @type {any} */ (args));
};
for (const call of ['fsync', 'fdatasync']) {
  const home = /** @type {any} */ (fs);
  const [real, realSync] = [home[call], home[`${call}Sync`]];
  home[call] = (/** @type {number} */ fd, /** @type {(error?: unknown) => void} */ done) => {
    try {
      before(call, openFiles.get(fd));
    } catch (error) {
      done(error);
      return;
    }
    real.call(fs, fd, done);
  };
  home[`${call}Sync`] = (/** @type {number} */ fd) => {
    before(call, openFiles.get(fd));
    realSync.call(fs, fd);
  };
}
syncBuiltinESMExports();
