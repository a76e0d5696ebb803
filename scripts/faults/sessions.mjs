// ONNX sessions with a pool of workers: what goes wrong with one image concerns no other.
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { DynamicSession } from '@dmnn/onnx';
import { promise, promiseDone } from './frame/promises.mjs';
/** @typedef {import('./frame/place.mjs').Place} Place */
/** @typedef {import('./frame/injected.mjs').Fault} Fault */

const image = (value = 0.5) => new Float32Array(32 * 32 * 3).fill(value);

/**
 * A file to run.
 *
 * @param {Place} place
 */
async function exported(place) {
  try {
    await import('onnxruntime-node');
  } catch {
    place.skip('onnxruntime-node is not installed');
  }
  promiseDone(await place.dmnn(['export', place.model(), '--out', 'm.onnx']));
  return new Uint8Array(readFileSync(place.path('m.onnx')));
}

/** Workers that are started while a body runs. @template T @param {() => Promise<T>} body */
async function workersOf(body) {
  /** @type {Set<Worker>} */
  const workers = new Set();
  const post = Worker.prototype.on;
  /** @type {any} */ (Worker.prototype).on = function (/** @type {any[]} */ ...args) {
    workers.add(this);
    return post.apply(this, /** @type {any} */ (args));
  };
  try {
    const result = await body();
    return { result, workers: [...workers] };
  } finally {
    Worker.prototype.on = post;
  }
}

/** @param {readonly PromiseSettledResult<unknown>[]} settled */
function failures(settled) {
  return settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
}

/** @param {any} error */
function promiseTyped(error) {
  promise(/^DMNN_/.test(error?.code), `expected a typed error, got ${error?.stack ?? error}`);
}

/** @type {readonly Fault[]} */
export default [
  {
    name: 'a worker dies with images in flight: only its own image fails, the next ones run',
    quick: true,
    async run(place) {
      const file = await exported(place);
      const { result: session, workers } = await workersOf(() => DynamicSession.create(file, { workers: 3 }));
      const running = Array.from({ length: 300 }, () => session.run(image()));
      await running[0];
      void workers[1].terminate();
      const failed = failures(await Promise.allSettled(running));
      promise(failed.length <= 1, `expected at most one image to fail, got ${failed.length}: ${failed[0]}`);
      for (const error of failed) promiseTyped(error);
      const next = failures(
        await Promise.allSettled(Array.from({ length: 300 }, () => session.run(image()))),
      );
      promise(next.length === 0, `expected the next 300 to run, ${next.length} failed: ${next[0]}`);
      await session.close();
    },
  },
  {
    name: 'all workers die: typed errors or new workers, no hang',
    quick: true,
    async run(place) {
      const file = await exported(place);
      const { result: session, workers } = await workersOf(() => DynamicSession.create(file, { workers: 2 }));
      const running = Array.from({ length: 50 }, () => session.run(image()));
      await running[0];
      for (const worker of workers) void worker.terminate();
      for (const error of failures(await Promise.allSettled(running))) promiseTyped(error);
      for (const error of failures(await Promise.allSettled([session.run(image())]))) promiseTyped(error);
      await session.close();
    },
  },
  ...[1, 3].map((workers) => ({
    name: `a session of ${workers} closed with images in flight: each runs or gets a typed error`,
    quick: true,
    /** @param {Place} place */
    async run(place) {
      const session = await DynamicSession.create(await exported(place), { workers });
      const running = Array.from({ length: 40 }, () => session.run(image()));
      await session.close();
      for (const error of failures(await Promise.allSettled(running))) promiseTyped(error);
      for (const error of failures(await Promise.allSettled([session.run(image())]))) promiseTyped(error);
      promise(
        failures(await Promise.allSettled([session.run(image())])).length === 1,
        'expected an image after closing to be refused',
      );
      await session.close();
    },
  })),
  {
    name: 'hostile images: typed errors, the others run',
    quick: true,
    async run(place) {
      const session = await DynamicSession.create(await exported(place), { workers: 2 });
      const images = [image(NaN), image(Infinity), new Float32Array(7), image(1e30), image(), image()];
      const settled = await Promise.allSettled(images.map((one) => session.run(one)));
      for (const error of failures(settled)) promiseTyped(error);
      promise(settled[4].status === 'fulfilled', 'expected sound images to run');
      promise(settled[5].status === 'fulfilled', 'expected sound images to run');
      await session.close();
    },
  },
  {
    name: 'damaged files: typed errors, no worker left over',
    quick: true,
    async run(place) {
      const file = await exported(place);
      const half = file.slice(0, file.length >> 1);
      const flipped = file.slice();
      for (let at = 3000; at < flipped.length; at += 997) flipped[at] ^= 0x55;
      for (const bytes of [new Uint8Array(), new Uint8Array(1000), half, flipped]) {
        for (const workers of [1, 2]) {
          const [opened] = await Promise.allSettled([DynamicSession.create(bytes, { workers })]);
          if (opened.status === 'rejected') promiseTyped(opened.reason);
          else {
            for (const error of failures(await Promise.allSettled([opened.value.run(image())])))
              promiseTyped(error);
            await opened.value.close();
          }
        }
      }
    },
  },
];
