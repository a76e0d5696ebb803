// A process of its own for each fault of a session: node session-cases.mjs CASE FILE. Prints what came, and ends with 0 if it
// is as promised.
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { DynamicSession } from '@dmnn/onnx';
import { promise } from './promises.mjs';

const image = (value = 0.5) => new Float32Array(32 * 32 * 3).fill(value);
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

/** A worker that gets what is no image dies of it. @param {Worker} worker */
const kill = (worker) => {
  worker.postMessage({ no: 'image' });
};

/** @type {Record<string, (file: Uint8Array) => Promise<void>>} */
const cases = {
  async 'one worker dies'(file) {
    const { result: session, workers } = await workersOf(() => DynamicSession.create(file, { workers: 3 }));
    const running = Array.from({ length: 300 }, () => session.run(image()));
    await running[0];
    kill(workers[1]);
    const failed = failures(await Promise.allSettled(running));
    promise(failed.length <= 1, `expected at most one image to fail, got ${failed.length}: ${failed[0]}`);
    for (const error of failed) promiseTyped(error);
    const next = failures(await Promise.allSettled(Array.from({ length: 300 }, () => session.run(image()))));
    promise(next.length === 0, `expected the next 300 to run, ${next.length} failed: ${next[0]}`);
    await session.close();
  },
  async 'all workers die'(file) {
    const { result: session, workers } = await workersOf(() => DynamicSession.create(file, { workers: 2 }));
    const running = Array.from({ length: 50 }, () => session.run(image()));
    await running[0];
    workers.forEach(kill);
    for (const error of failures(await Promise.allSettled(running))) promiseTyped(error);
    for (const error of failures(await Promise.allSettled([session.run(image())]))) promiseTyped(error);
    await session.close();
  },
  'closed, 1 worker': (file) => closed(file, 1),
  'closed, 3 workers': (file) => closed(file, 3),
  async 'hostile images'(file) {
    const session = await DynamicSession.create(file, { workers: 2 });
    const images = [image(NaN), image(Infinity), new Float32Array(7), image(1e30), image(), image()];
    const settled = await Promise.allSettled(images.map((one) => session.run(one)));
    for (const error of failures(settled)) promiseTyped(error);
    promise(settled[4].status === 'fulfilled', 'expected sound images to run');
    promise(settled[5].status === 'fulfilled', 'expected sound images to run');
    await session.close();
  },
  async 'damaged files'(file) {
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
};

/** @param {Uint8Array} file @param {number} workers */
async function closed(file, workers) {
  const session = await DynamicSession.create(file, { workers });
  const running = Array.from({ length: 40 }, () => session.run(image()));
  const settled = Promise.allSettled(running);
  await session.close();
  for (const error of failures(await settled)) promiseTyped(error);
  const [after] = await Promise.allSettled([session.run(image())]);
  promise(after.status === 'rejected', 'expected an image after closing to be refused');
  promiseTyped(/** @type {PromiseRejectedResult} */ (after).reason);
  await session.close();
}

const [name, path] = process.argv.slice(2);
try {
  await cases[name](new Uint8Array(readFileSync(path)));
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
