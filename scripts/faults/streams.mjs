// Standard streams that are closed, full, or whose reader has gone: training goes on, other commands end quietly.
import { existsSync } from 'node:fs';
import { trainArgs } from './frame/bases.mjs';
import { endOf, promise, promiseNoLitter, promiseReadable, promiseSame } from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

/** @type {Record<string, { shell: string, needs?: string }>} */
const streams = {
  'stderr into `head -1`': { shell: '"$@" 2>&1 >/dev/null | head -1; exit ${PIPESTATUS[0]}' },
  'both into `head -3`': { shell: '"$@" 2>&1 | head -3; exit ${PIPESTATUS[0]}' },
  'stderr full': { shell: '"$@" 2>/dev/full', needs: '/dev/full' },
  'stdout full': { shell: '"$@" >/dev/full', needs: '/dev/full' },
  'both full': { shell: '"$@" >/dev/full 2>&1', needs: '/dev/full' },
  'stderr closed': { shell: '"$@" 2>&-' },
  'stdout closed': { shell: '"$@" >&-' },
  'all closed': { shell: '"$@" <&- >&- 2>&-' },
};

/** @type {readonly Fault[]} */
const training = Object.entries(streams).map(([name, { shell, needs }]) => ({
  name: `training with ${name}: goes on to the end`,
  quick: /head -3|^stderr|all/.test(name),
  async run(place) {
    if (needs !== undefined && !existsSync(needs)) place.skip(`${needs} is not here`);
    const run = place.path('run');
    const ended = await place.dmnn(trainArgs(run), { shell });
    promiseReadable(ended);
    promise(!ended.hung && ended.signal === null, `expected it to end: ${endOf(ended)}`);
    promiseSame(place, run);
    promiseNoLitter(run);
  },
}));

/** @type {readonly Fault[]} */
const others = Object.entries(streams).map(([name, { shell, needs }]) => ({
  name: `dmnn models with ${name}: ends quietly`,
  quick: /head -3|stdout full/.test(name),
  async run(place) {
    if (needs !== undefined && !existsSync(needs)) place.skip(`${needs} is not here`);
    const ended = await place.dmnn(['models'], { shell, seconds: 60 });
    promiseReadable(ended);
    promise(!ended.hung && (ended.code === 0 || ended.code === 1), `expected 0 or 1: ${endOf(ended)}`);
    const unwritten = name === 'stdout full';
    promise(!unwritten || ended.code === 1, `expected a failure, since nothing was written: ${endOf(ended)}`);
  },
}));

/** @type {Fault} */
const terminalGone = {
  name: 'the terminal closed (SIGHUP and streams that fail): saved',
  quick: true,
  async run(place) {
    const run = place.path('run');
    const shell =
      '"$@" > >(head -1) 2> >(head -2) & child=$!; until [ -s run/metrics.jsonl ]; do sleep 0.1; done; kill -HUP $child; wait $child';
    const ended = await place.dmnn(trainArgs(run, {}, 'built-in=2000'), { shell });
    promise(!ended.hung, `expected it to end: ${endOf(ended)}`);
    promise(existsSync(run), 'expected a run folder');
    promiseNoLitter(run);
    const evaluated = await place.dmnn(['eval', run, '--checkpoint', 'latest', '--backend', 'wasm']);
    promiseReadable(evaluated);
  },
};

/** @type {readonly Fault[]} */
export default [...training, ...others, terminalGone];
