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

/** The latest checkpoint of a run, hashed, and its log without clocks: equal for equal runs. */
export function fingerprint(folder) {
  const checkpoints = join(folder, 'checkpoints');
  const last = readdirSync(checkpoints).sort().at(-1) ?? '';
  const sha256 = (file) =>
    createHash('sha256')
      .update(readFileSync(join(checkpoints, last, file)))
      .digest('hex');
  const log = records(folder).map((record) => JSON.stringify({ ...record, clock: undefined }));
  return {
    last,
    weights: sha256('weights.safetensors'),
    optimiser: sha256('optimizer.safetensors'),
    log: log.join('\n'),
    lines: log.length,
  };
}
