// What the scripts share that kill a training and compare what it leaves with one that was not killed.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../packages/dmnn/bin/dmnn.js', import.meta.url));

/**
 * Starts `dmnn train`.
 *
 * @param args - of the command
 * @param settings - for `--set`
 * @returns `kill`, which ends it and all its children (a native run's parent has one); `ended`: true if it was not killed.
 *   Rejects if training failed.
 */
export function startTraining(args, settings) {
  const set = settings.flatMap((setting) => ['--set', setting]);
  const child = spawn(process.execPath, [command, 'train', ...args, ...set], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const ended = new Promise((done, failed) => {
    child.on('exit', (code, signal) => {
      if (code !== 0 && signal === null) failed(new Error(`train exited with ${code}\n${errors}`));
      else done(code === 0);
    });
  });
  return { kill: () => process.kill(-(/** @type {number} */ (child.pid)), 'SIGKILL'), ended };
}

/** The log of a run. */
export function records(folder) {
  return readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/**
 * @typedef {object} RunSummary equal for equal runs
 * @property {string} last the latest checkpoint
 * @property {string} weights its hash
 * @property {string} optimiser its hash
 * @property {string} best hash of the best network
 * @property {string} log without clocks and checksums
 * @property {number} lines of the log
 */

/** The latest checkpoint of a run and its best network, hashed, and its log without clocks. @returns {RunSummary} */
export function runSummary(folder) {
  const latest = (kind) => readdirSync(join(folder, kind)).sort().at(-1) ?? '';
  const last = latest('checkpoints');
  const sha256 = (...path) =>
    createHash('sha256')
      .update(readFileSync(join(folder, ...path)))
      .digest('hex');
  const log = records(folder).map((record) =>
    JSON.stringify({ ...record, clock: undefined, crc: undefined }),
  );
  return {
    last,
    weights: sha256('checkpoints', last, 'weights.safetensors'),
    optimiser: sha256('checkpoints', last, 'optimizer.safetensors'),
    best: sha256('best', latest('best'), 'weights.safetensors'),
    log: log.join('\n'),
    lines: log.length,
  };
}
