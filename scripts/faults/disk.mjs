// A disk that is full or fails, in every command that writes: an error with path and remedy, nothing half-written in the
// place of something whole, and a run that resumes once there is room.
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { photographs } from './frame/pieces.mjs';
import { trainArgs } from './frame/bases.mjs';
import {
  EXPLAINED,
  contents,
  endOf,
  promise,
  promiseDone,
  promiseNoLitter,
  promiseRefused,
  promiseResumes,
} from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */
/** @typedef {import('./frame/failing-disk.mjs').DiskFault} DiskFault */

const FULL = /full|room|space|too large|size limit/i;

/** @type {Fault} */
const smallDisk = {
  name: 'training on a disk that gets full, then has room',
  quick: true,
  async run(place) {
    const disk = place.smallDisk(160);
    const run = join(disk, 'run');
    const ended = await place.dmnn(trainArgs(run));
    promiseRefused(ended, { says: [FULL, /run/] });
    // a larger disk, with what was on the small one
    const moved = place.path('moved');
    cpSync(run, moved, { recursive: true });
    await promiseResumes(place, moved);
  },
};

/** @type {Fault} */
const fileSizes = {
  name: 'training under `ulimit -f`',
  quick: true,
  async run(place) {
    const run = place.unfinishedRun();
    const args = [...trainArgs(run), '--resume'];
    const ended = await place.dmnn(args, { shell: 'ulimit -f 20; "$@"' });
    promise(ended.signal === null, `expected an error: ${endOf(ended)}`);
    promiseRefused(ended, { says: [/run/] });
    await promiseResumes(place, run);
  },
};

/** What each writing command leaves, and how it is called. @type {Record<string, (place: Place, out: string) => string[]>} */
const writers = {
  export: (place, out) => ['export', place.model(), '--out', join(out, 'm.onnx')],
  report: (place, out) => ['report', place.finishedRun(), '--out', join(out, 'pages'), '--backend', 'wasm'],
  'explain --svg': (place, out) => {
    place.write('a.jpg', photographs()[0]);
    return [
      ...['explain', 'a.jpg', '--model', place.model(), '--backend', 'wasm'],
      '--svg',
      join(out, 'e.svg'),
    ];
  },
  'eval --latencies': (place, out) => [
    ...['eval', place.finishedRun(), '--backend', 'wasm', '--budgets', '100ms', '--calibration-images', '4'],
    ...['--latencies', join(out, 'latencies.json')],
  ],
};
const names = {
  export: 'm.onnx',
  report: 'pages',
  'explain --svg': 'e.svg',
  'eval --latencies': 'latencies.json',
};

/** @param {string} path */
function wholeness(path) {
  return statSync(path).isDirectory()
    ? JSON.stringify(contents(path))
    : readFileSync(path).toString('base64');
}

const onFullDisk = Object.keys(writers).map((name) => ({
  name: `${name} to a full disk`,
  quick: true,
  /** @param {Place} place */
  async run(place) {
    const disk = place.smallDisk(8);
    writeFileSync(join(disk, 'filler'), new Uint8Array(8192));
    promiseRefused(await place.dmnn(writers[name](place, disk)), { says: [FULL, /disk/, EXPLAINED] });
    const left = Object.entries(contents(disk))
      .filter(([file, content]) => file !== 'filler' && content !== 'folder')
      .map(([file]) => file);
    promise(left.length === 0, `expected nothing on the full disk, got ${left.join(', ')}`);
  },
}));

/** @type {readonly ('EIO' | 'ENOSPC')[]} */
const errors = ['EIO', 'ENOSPC'];
const overOldOne = Object.keys(writers)
  .filter((name) => name !== 'eval --latencies') // an old table is read, not written
  .flatMap((name) =>
    errors.map((code) => ({
      name: `${name} over an older one, ${code} at each call: the old or the new one stays, whole`,
      quick: code === 'EIO' && name !== 'report',
      /** @param {Place} place */
      async run(place) {
        const out = place.path('out');
        mkdirSync(out);
        const args = writers[name](place, out);
        const report = place.path('calls');
        const disk = /** @type {DiskFault} */ ({ paths: String.raw`/out/`, at: -1, action: 'count', report });
        promiseDone(await place.dmnn(args, { disk }));
        const path = join(out, names[/** @type {keyof typeof names} */ (name)]);
        const calls = readFileSync(report, 'utf8').trim().split('\n').length;
        const old = wholeness(path);
        const every = place.quick ? Math.max(1, Math.floor(calls / 2)) : Math.max(1, Math.floor(calls / 12));
        for (let at = 0; at < calls; at += every) {
          const ended = await place.dmnn(args, { disk: { paths: '/out/', at, action: code, torn: true } });
          // what cannot be synced or removed afterwards may be passed over
          if (ended.code !== 0) promiseRefused(ended, { says: [/out/, EXPLAINED] });
          promise(existsSync(path), `call ${at}: expected the old ${name}, got none`);
          promise(name !== 'export' || wholeness(path) === old, `call ${at}: expected it whole`);
          promise(statSync(path).isDirectory() || statSync(path).size > 100, `call ${at}: expected it whole`);
        }
        promiseDone(await place.dmnn(args));
        return `${calls} calls`;
      },
    })),
  );

/** @type {Fault} */
const devFull = {
  name: 'export into /dev/full: a disk-full error, and /dev/full stays',
  quick: true,
  async run(place) {
    if (!existsSync('/dev/full')) place.skip('/dev/full is not here');
    const link = place.path('full');
    symlinkSync('/dev/full', link);
    promiseRefused(await place.dmnn(['export', place.model(), '--out', 'full']), { says: [FULL] });
    promise(statSync('/dev/full').isCharacterDevice(), 'expected /dev/full to be a device still');
  },
};

/** @type {Fault} */
const readOnlyDisk = {
  name: 'training on a disk that becomes read-only',
  async run(place) {
    const run = place.unfinishedRun();
    const disk = /** @type {DiskFault} */ ({
      paths: '/run/checkpoints',
      at: 0,
      action: 'EROFS',
      onwards: true,
    });
    promiseRefused(await place.dmnn([...trainArgs(run), '--resume'], { disk }), { says: [/run/] });
    await promiseResumes(place, run);
  },
};

/** @type {Fault} */
const lockRelease = {
  name: 'an error while the lock is released does not hide the first one',
  quick: true,
  async run(place) {
    const run = place.unfinishedRun();
    const saving = /** @type {DiskFault} */ ({
      paths: '/run/checkpoints',
      at: 1,
      action: 'ENOSPC',
      onwards: true,
    });
    const releasing = { paths: '/run/[^/]*lock', at: 0, action: 'EIO', onwards: true };
    // its own files are needed to take it: only removals after the first error fail
    const env = { DMNN_DISK_FAULT_2: JSON.stringify({ ...releasing, after: 0 }) };
    const ended = await place.dmnn([...trainArgs(run), '--resume'], { disk: saving, env });
    promiseRefused(ended, { says: [FULL, /resume|Free/] });
  },
};

/** @type {Fault} */
const syncing = {
  name: 'EIO when a checkpoint is synced: reported, the one before stays',
  async run(place) {
    const run = place.unfinishedRun();
    const disk = /** @type {DiskFault} */ ({ paths: '/run/checkpoints/.*optimizer', at: 2, action: 'EIO' });
    const ended = await place.dmnn([...trainArgs(run), '--resume'], { disk });
    promiseRefused(ended, { says: [/run/] });
    promiseNoLitter(run);
    await promiseResumes(place, run);
  },
};

/** @type {readonly Fault[]} */
export default [
  smallDisk,
  fileSizes,
  readOnlyDisk,
  syncing,
  lockRelease,
  ...onFullDisk,
  ...overOldOne,
  devFull,
];
