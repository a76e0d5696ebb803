import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runDmnn, startDmnn } from './command.mjs';

/** A fault that this machine cannot inject. */
export class Skipped extends Error {}

/** Where a fault is injected: a folder of its own. */
export class Place {
  /** @type {(() => void | Promise<void>)[]} */
  #leaving = [];

  /** @param {string} folder @param {import('./bases.mjs').Bases} bases @param {boolean} quick */
  constructor(folder, bases, quick) {
    this.folder = folder;
    this.bases = bases;
    /** Whether loops are to be short. */
    this.quick = quick;
  }

  /** @param {...string} names */
  path(...names) {
    return join(this.folder, ...names);
  }

  /** Writes a file and the folders above it. @param {string} name @param {string | Uint8Array} bytes */
  write(name, bytes) {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return path;
  }

  /** A copy of the finished run. */
  finishedRun(name = 'run') {
    const run = this.path(name);
    rmSync(run, { recursive: true, force: true });
    cpSync(this.bases.run, run, { recursive: true });
    return run;
  }

  /** A copy of the run as it was a checkpoint before its end, but for its log: a kill there would leave the same. */
  unfinishedRun(name = 'run') {
    const run = this.finishedRun(name);
    const last = readdirSync(join(run, 'checkpoints')).sort().at(-1);
    rmSync(join(run, 'checkpoints', String(last)), { recursive: true });
    return run;
  }

  /** A copy of the imported model. */
  model(name = 'model') {
    const model = this.path(name);
    cpSync(this.bases.model, model, { recursive: true });
    return model;
  }

  /**
   * Runs a command of dmnn to its end, in this folder.
   *
   * @param {readonly string[]} args
   * @param {import('./command.mjs').CommandOptions} [options]
   */
  dmnn(args, options = {}) {
    return runDmnn(args, { cwd: this.folder, ...options });
  }

  /** Starts a command of dmnn. @param {readonly string[]} args @param {import('./command.mjs').CommandOptions} [options] */
  start(args, options = {}) {
    const started = startDmnn(args, { cwd: this.folder, ...options });
    this.onLeaving(() => started.kill());
    return started;
  }

  /** @param {() => void | Promise<void>} body called when the fault is over, whatever came of it */
  onLeaving(body) {
    this.#leaving.push(body);
  }

  async leave() {
    for (const body of this.#leaving.reverse()) await body();
  }

  /** @param {string} reason @returns {never} */
  skip(reason) {
    throw new Skipped(reason);
  }

  /** A file system of its own of a few kilobytes. @param {number} kilobytes */
  smallDisk(kilobytes, name = 'disk') {
    const path = this.path(name);
    mkdirSync(path);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path]);
    if (mounted.status !== 0) this.skip('mounting a small tmpfs is not allowed here');
    this.onLeaving(() => void spawnSync('umount', ['-l', path]));
    return path;
  }
}
