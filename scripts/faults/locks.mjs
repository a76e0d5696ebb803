// Locks: two trainers never hold a folder, nobody is locked out by what is dead, and nothing is left over.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { trainArgs } from './frame/bases.mjs';
import {
  contents,
  endOf,
  promise,
  promiseDone,
  promiseNoLitter,
  promiseRefused,
  promiseResumes,
  promiseUntouched,
} from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

/** Long enough that others come meanwhile. */
const LONG = 'built-in=4000';

/** @type {Fault} */
const held = {
  name: 'a folder that another process trains in: refused, and the other goes on',
  quick: true,
  async run(place) {
    const run = place.path('run');
    const first = place.start(trainArgs(run, {}, LONG));
    await first.said(/step/);
    promiseRefused(await place.dmnn([...trainArgs(run, {}, LONG), '--resume']), {
      says: [/process \d+|another/, /Wait|choose|other folder/i],
    });
    first.signal('SIGINT');
    const ended = await first.ended;
    promise(ended.code === 130, `expected the first to go on until it is stopped: ${endOf(ended)}`);
    promiseNoLitter(run);
  },
};

/** @type {Fault} */
const killed = {
  name: 'killed holders, again and again: taken over, no litter',
  quick: true,
  async run(place) {
    const run = place.unfinishedRun();
    for (let n = 0; n < (place.quick ? 2 : 6); n++) {
      const one = place.start([...trainArgs(run), '--resume']);
      await one.said(/step/);
      one.kill();
      await one.ended;
    }
    await promiseResumes(place, run);
  },
};

/** @type {Fault} */
const namespace = {
  name: 'a holder in another PID namespace of the same host: refused',
  quick: true,
  async run(place) {
    const before = ['unshare', '-Urpf', '--kill-child', '--mount-proc'];
    if (spawnSync(before[0], [...before.slice(1), 'true']).status !== 0)
      place.skip('another PID namespace (unshare -Urpf) is not allowed here');
    const run = place.path('run');
    const first = place.start(trainArgs(run, {}, LONG), { before });
    await first.said(/step/);
    const second = await place.dmnn([...trainArgs(run, {}, LONG), '--resume'], { seconds: 30 });
    promiseRefused(second, { says: [/use|train/] });
    const inner = await place.dmnn([...trainArgs(run, {}, LONG), '--resume'], { before, seconds: 30 });
    promiseRefused(inner, { says: [/use|train/] });
    first.kill();
    await first.ended;
  },
};

/**
 * What lies where a lock is made.
 *
 * @type {Record<string, (run: string) => void>}
 */
const inTheWay = {
  'a lock of the old kind, of a dead process': (run) =>
    writeFileSync(join(run, 'lock'), JSON.stringify({ pid: 2 ** 22 - 3, started: '1', host: hostname() })),
  'a lock that is a link to nowhere': (run) => symlinkSync('nowhere', join(run, 'lock')),
  'a lock that is a link to itself': (run) => symlinkSync('lock', join(run, 'lock')),
  'a lock that is a folder': (run) => mkdirSync(join(run, 'lock')),
  'an empty lock': (run) => writeFileSync(join(run, 'lock'), ''),
  'a lock of random bytes': (run) => writeFileSync(join(run, 'lock'), Buffer.from([0, 255, 27, 10, 123])),
  'files named like parts of a lock': (run) => {
    writeFileSync(join(run, 'lock.4194301.0'), '{}');
    writeFileSync(join(run, 'lock.0123456789abcdef'), 'x');
  },
};

const found = Object.entries(inTheWay).map(([name, make]) => ({
  name: `${name}: taken, or refused with its path; never a hang`,
  quick: /nowhere|folder|old|parts/.test(name),
  /** @param {Place} place */
  async run(place) {
    const run = place.unfinishedRun();
    make(run);
    const ended = await place.dmnn([...trainArgs(run), '--resume'], { seconds: 60 });
    promise(!ended.hung, `expected no hang: ${endOf(ended)}`);
    if (ended.code !== 0) {
      promiseRefused(ended, { says: [/lock/] });
      return 'refused';
    }
    promiseDone(ended);
    return 'taken';
  },
}));

/** @type {Fault} */
const otherHost = {
  name: 'a lock of another host: refused, nothing touched',
  quick: true,
  async run(place) {
    const run = place.unfinishedRun();
    writeFileSync(join(run, 'lock'), JSON.stringify({ pid: 1, started: '1', host: 'another-host' }));
    const before = contents(run);
    promiseRefused(await place.dmnn([...trainArgs(run), '--resume']), { says: [/another-host/, /lock/] });
    promiseUntouched(run, before);
  },
};

/** @type {Fault} */
const race = {
  name: 'several trainers at the lock of a dead one: at most one gets it',
  quick: true,
  async run(place) {
    const run = place.unfinishedRun();
    for (let round = 0; round < (place.quick ? 1 : 4); round++) {
      const dead = place.start([...trainArgs(run, {}), '--resume']);
      await dead.said(/step/);
      dead.kill();
      await dead.ended;
      const racing = Array.from({ length: 4 }, () => place.start([...trainArgs(run), '--resume']));
      const ends = await Promise.all(racing.map(({ ended }) => ended));
      for (const ended of ends) if (ended.code !== 0) promiseRefused(ended, { says: [/use|train/] });
      promise(
        ends.some(({ code }) => code === 0),
        `expected one to train: ${endOf(ends[0])}`,
      );
    }
    await promiseResumes(place, run);
  },
};

/** @type {Fault} */
const readers = {
  name: 'eval and report of a folder that is trained in: read, and training goes on',
  async run(place) {
    const run = place.path('run');
    const training = place.start(trainArgs(run, {}, LONG));
    await training.said(/epoch 1\/2 {2}step/);
    while (!existsSync(join(run, 'checkpoints')) || readdirSync(join(run, 'checkpoints')).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
    promiseDone(
      await place.dmnn(['eval', run, '--checkpoint', 'latest', '--backend', 'wasm', '--data', LONG]),
    );
    training.signal('SIGINT');
    const ended = await training.ended;
    promise(ended.code === 130, `expected training to go on: ${endOf(ended)}`);
  },
};

/** @type {readonly Fault[]} */
export default [held, killed, namespace, ...found, otherHost, race, readers];
