// Kills (SIGKILL): the run resumes from an intact checkpoint and ends with the bits of an undisturbed one.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../fuzz/frame/random.mjs';
import { trainArgs } from './frame/bases.mjs';
import { checkpointsOf, endOf, promise, promiseDone, promiseResumes } from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/failing-disk.mjs').DiskFault} DiskFault */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

/** Everything in the run folder, but not the folder of its locks. */
const SAVES = String.raw`/run/(checkpoints|best|metrics|events|config)`;

/**
 * Each call that a resumed training makes on the disk, as text.
 *
 * @param {Place} place
 * @param {string} paths
 * @param {readonly string[]} args
 * @param {(run: string) => string} prepare
 */
async function callsOf(place, paths, args, prepare) {
  prepare('run');
  const report = place.path('calls');
  const disk = /** @type {DiskFault} */ ({ paths, at: -1, action: 'count', report });
  promiseDone(await place.dmnn(args, { disk }));
  return readFileSync(report, 'utf8').trim().split('\n');
}

/** Whether it, or the child that it had work, was killed. @param {import('./frame/command.mjs').Ended} ended */
const wasKilled = ({ code, signal }) => signal === 'SIGKILL' || code === 137;

/**
 * Numbers of the calls to try: all, or a few of different kinds spread over them.
 *
 * @param {readonly string[]} calls
 * @param {boolean} quick
 */
function tried(calls, quick, most = 3) {
  const all = calls.map((_, at) => at);
  if (!quick) return all;
  const step = (all.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => Math.round(i * step));
}

/**
 * @param {string} name
 * @param {Pick<DiskFault, 'action' | 'torn' | 'onwards'>} fault
 * @param {{ quick?: boolean, prepare?: (place: Place) => string, changes?: Record<string, string>, keepsOne?: boolean }} [options]
 * @returns {Fault}
 */
function atEachCall(
  name,
  fault,
  { quick = false, prepare = (place) => place.unfinishedRun(), keepsOne = true } = {},
) {
  return {
    name,
    quick,
    async run(place) {
      const run = place.path('run');
      const args = [...trainArgs(run), '--resume'];
      const calls = await callsOf(place, SAVES, args, () => prepare(place));
      const numbers = tried(calls, place.quick);
      for (const at of numbers) {
        prepare(place);
        const ended = await place.dmnn(args, { disk: { paths: SAVES, at, ...fault } });
        const where = `call ${at}, ${calls[at].replace(place.folder, '')}`;
        const expected = fault.action === 'kill' ? wasKilled(ended) : ended.code === 1;
        promise(expected, `${where}: expected ${fault.action} to end it: ${endOf(ended)}`);
        if (keepsOne)
          promise(checkpointsOf(run).length > 0, `${where}: expected a checkpoint to be left, got none`);
        try {
          await promiseResumes(place, run);
        } catch (error) {
          throw new Error(`${where}: ${/** @type {Error} */ (error).message}`, { cause: error });
        }
      }
      return `${numbers.length} of ${calls.length} calls`;
    },
  };
}

/** A run that was not begun: only its folder's name is there. @param {Place} place */
function nothing(place) {
  rmSync(place.path('run'), { recursive: true, force: true });
  return place.path('run');
}

/** @type {Fault} */
const randomTimes = {
  name: 'at random times, again and again',
  quick: true,
  async run(place) {
    const [run, random] = [place.path('run'), new Random(20261122, 0)];
    const kills = place.quick ? 3 : 20;
    // the first checkpoint needs the start and four steps: kills come until some time after it
    let killed = 0;
    for (let n = 0; n < kills; n++) {
      const training = place.start([...trainArgs(run), '--resume']);
      if (n % 2 === 1) await training.said(/epoch \d/);
      await sleep(100 + random.below(1200));
      training.kill();
      if (wasKilled(await training.ended)) killed++;
    }
    promise(killed > 0, 'expected a kill before the end, got none');
    await promiseResumes(place, run);
    return `${killed} kills`;
  },
};

/** @type {Fault} */
const sameStep = {
  name: 'at each call of a save at a step that has the only checkpoint',
  quick: true,
  async run(place) {
    const run = place.path('run');
    const args = trainArgs(run);
    // training is interrupted after its first checkpoint; resumed and interrupted at once, it saves at the same step
    const stop = { paths: 'step-00000004/manifest|step-00000004.*manifest', at: 0, action: 'SIGINT' };
    await place.dmnn(args, { disk: /** @type {DiskFault} */ (stop) });
    const [checkpoint] = checkpointsOf(run);
    promise(checkpoint !== undefined, 'expected a checkpoint to begin with');
    const report = place.path('calls');
    const again = { paths: `metrics`, at: 0, action: 'SIGINT' };
    const env = { DMNN_DISK_FAULT_2: JSON.stringify({ paths: SAVES, at: -1, action: 'count', report }) };
    await place.dmnn([...args, '--resume'], { disk: /** @type {DiskFault} */ (again), env });
    const calls = readFileSync(report, 'utf8').trim().split('\n');
    const saving = calls.flatMap((call, at) => (call.includes(checkpoint) ? [at] : []));
    promise(saving.length > 0, `expected a save at ${checkpoint}, got ${calls.join('; ')}`);
    const numbers = place.quick ? saving.slice(-1) : saving;
    for (const action of ['kill', 'EIO']) {
      for (const at of numbers) {
        const fault = { DMNN_DISK_FAULT_2: JSON.stringify({ paths: SAVES, at, action }) };
        await place.dmnn([...args, '--resume'], { disk: /** @type {DiskFault} */ (again), env: fault });
        promise(checkpointsOf(run).length > 0, `${action} at ${calls[at]}: expected a checkpoint, got none`);
        const read = await place.dmnn(['eval', run, '--checkpoint', 'latest', '--backend', 'wasm']);
        promise(read.code === 0, `${action} at ${calls[at]}: expected an intact checkpoint: ${endOf(read)}`);
      }
    }
    await promiseResumes(place, run, { args });
    return `${2 * numbers.length} calls`;
  },
};

/**
 * @param {string} name @param {boolean} quick
 * @param {(place: Place) => { args: string[], out: string }} prepare
 */
function killedWriter(name, quick, prepare) {
  return {
    name,
    quick,
    /** @param {Place} place */
    async run(place) {
      const { args, out } = prepare(place);
      const paths = out.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`) + '|partial|tmp';
      const report = place.path('calls');
      const disk = /** @type {DiskFault} */ ({ paths, at: -1, action: 'count', report });
      promiseDone(await place.dmnn(args, { disk }));
      const calls = readFileSync(report, 'utf8').trim().split('\n');
      const whole = sizeOf(out);
      for (const at of tried(calls, place.quick, 3)) {
        const ended = await place.dmnn(args, { disk: { paths, at, action: 'kill', torn: true } });
        // the last calls are not the same each time
        promise(wasKilled(ended) || ended.code === 0, `call ${at}: expected a kill: ${endOf(ended)}`);
        promise(existsSync(out), `killed at ${calls[at]}: expected the old ${name}, got none`);
        promise(
          sizeOf(out) === whole,
          `killed at ${calls[at]}: expected it whole, got ${sizeOf(out)} of ${whole} bytes`,
        );
      }
      promiseDone(await place.dmnn(args));
      return `${calls.length} calls`;
    },
  };
}

/** @param {string} path a file, or a folder with `report.html` */
function sizeOf(path) {
  const file = existsSync(join(path, 'report.html')) ? join(path, 'report.html') : path;
  return readFileSync(file).length;
}

/** @type {readonly Fault[]} */
export default [
  atEachCall('at each call of a save', { action: 'kill' }, { quick: true }),
  atEachCall('in the middle of each write of a save', { action: 'kill', torn: true }),
  atEachCall('at each call of a run that begins', { action: 'kill' }, { prepare: nothing, keepsOne: false }),
  atEachCall('EIO at each call of a save', { action: 'EIO' }),
  atEachCall(
    'EIO at each call of a run that begins',
    { action: 'EIO' },
    { prepare: nothing, keepsOne: false },
  ),
  atEachCall('no space from each call of a save on', { action: 'ENOSPC', onwards: true, torn: true }),
  sameStep,
  randomTimes,
  killedWriter('export', true, (place) => ({
    args: ['export', place.model(), '--out', place.path('m.onnx')],
    out: place.path('m.onnx'),
  })),
  killedWriter('report', false, (place) => ({
    args: ['report', place.finishedRun(), '--out', place.path('pages'), '--backend', 'wasm'],
    out: place.path('pages'),
  })),
];
