// What `npm run check:engine -- --endurance` runs: the compiled engine over many images, ends and starts, and with others
// in one process. Nothing here is timed; memory is the process's, so this is no test that a busy machine may run.
//   processes   200 are started and end in four ways with calls in flight
//   workers     50 worker threads are terminated with calls in flight
//   together    the same images in the main thread and in three worker threads at once: the same bits
//   others      TensorFlow native (where it is installed) and ONNX Runtime in the same process: the same bits before and after
//   memory      10,000 images on 4 workers, in float32 and in int8, half of them with exits: no growth after the first 2,000
// Every other image may leave at an exit.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { openEngine } from '@dmnn/engine';
import { arbitraryWeights } from '../packages/onnx/scripts/scripted-weights.mjs';

const here = fileURLToPath(import.meta.url);
const withoutExits = createArchitecture('dmnn-cifar-resnet8-n2');
const architecture = withExits(withoutExits, { exits: [0, 1] });
const network = { architecture, weights: arbitraryWeights(architecture, 3) };
const images = Array.from({ length: 16 }, (_, i) =>
  Float32Array.from({ length: 32 * 32 * 3 }, (_, k) => Math.sin(k * (i + 1)) * 2),
);

/** With arbitrary weights for a hundred classes, some images leave at the first exit and some at none. */
const settings = /** @type {const} */ ({
  by: 'probability',
  combine: 'mean',
  temperatures: [1, 1, 1],
  thresholds: [0.05, 0.05],
});

/** Of every other image. @param {number} i */
const options = (i) => (i % 2 === 0 ? {} : { exits: settings });

/** What the engine gives for all images, as text. @param {import('@dmnn/engine').Engine} engine */
async function outputsOf(engine) {
  const all = await Promise.all(images.map((image, i) => engine.run(image, options(i))));
  return JSON.stringify(all.map(({ logits, gates, macs }) => [[...logits], gates, macs]));
}

/** Opens an engine and begins more images than it has threads. */
async function begun() {
  const engine = await openEngine(network, { precision: 'f32', workers: 2 });
  for (let i = 0; i < 200; i++) void engine.run(images[i % images.length], options(i)).catch(() => undefined);
  return engine;
}

/** @type {Record<string, (engine: import('@dmnn/engine').Engine) => unknown>} */
const endings = {
  'process.exit()': () => process.exit(0),
  'a signal': () => process.kill(process.pid, 'SIGTERM'),
  'close()': (engine) => engine.close(),
  'nothing left to do': () => undefined,
};

async function checkProcesses() {
  for (const ending of Object.keys(endings))
    for (let i = 0; i < 50; i++) {
      const child = spawn(process.execPath, [here, 'ending', ending], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let errors = '';
      child.stderr.on('data', (chunk) => (errors += chunk));
      const [code, signal] = await new Promise((done) => child.on('close', (...ended) => done(ended)));
      const isWell = ending === 'a signal' ? signal === 'SIGTERM' : code === 0;
      if (!isWell || errors !== '') throw new Error(`${ending}: ended with ${signal ?? code}\n${errors}`);
    }
  return '200 processes ended well';
}

async function checkWorkers() {
  for (let i = 0; i < 50; i++) {
    const worker = new Worker(here, { workerData: 'begin' });
    await new Promise((done, failed) => worker.once('message', done).once('error', failed));
    await worker.terminate();
  }
  return '50 worker threads terminated';
}

async function checkTogether() {
  const engine = await openEngine(network, { precision: 'f32', workers: 2 });
  const alone = await outputsOf(engine);
  const workers = [0, 1, 2].map(() => new Worker(here, { workerData: 'outputs' }));
  const others = workers.map(
    (worker) => new Promise((done, failed) => worker.once('message', done).once('error', failed)),
  );
  for (let i = 0; i < 20; i++)
    if ((await outputsOf(engine)) !== alone) throw new Error('other bits while worker threads run engines');
  for (const other of await Promise.all(others))
    if (other !== alone) throw new Error('other bits in a worker thread');
  await engine.close();
  return 'the same bits in the main thread and three worker threads';
}

async function checkOthers() {
  // here, since the other processes and threads begin sooner without them
  const { DynamicSession, exportOnnx } = await import('@dmnn/onnx');
  const { chooseBackend } = await import('@dmnn/runtime');
  const tf = await import('@tensorflow/tfjs');
  const { referenceOutputs } = await import('../packages/dmnn/dist/verify/reference-outputs.js');
  const engine = await openEngine(network, { precision: 'f32', workers: 2 });
  const alone = await outputsOf(engine);
  const report = await chooseBackend();
  const others = { architecture: withoutExits, weights: arbitraryWeights(withoutExits, 3) };
  const session = await DynamicSession.create(exportOnnx(others), { workers: 2 });
  const tensors = async () => {
    const outputs = await referenceOutputs(others, { images: 2 });
    return JSON.stringify(outputs.map(({ reference }) => [[...reference.logits], reference.gates]));
  };
  const onnx = async () =>
    JSON.stringify(
      (await Promise.all(images.map((image) => session.run(image)))).map(({ logits }) => [...logits]),
    );
  const [ownTensors, ownOnnx] = [await tensors(), await onnx()];
  for (let i = 0; i < 20; i++) {
    const [ours, theirs, onTensors] = await Promise.all([outputsOf(engine), onnx(), tensors()]);
    if (ours !== alone) throw new Error('the engine gives other bits next to TensorFlow and ONNX Runtime');
    if (theirs !== ownOnnx) throw new Error('ONNX Runtime gives other bits next to the engine');
    if (onTensors !== ownTensors)
      throw new Error(`tfjs (${report.chosen}) gives other bits next to the engine`);
  }
  await Promise.all([engine.close(), session.close()]);
  return `the same bits next to tfjs (${tf.getBackend()}) and ONNX Runtime, and theirs next to the engine`;
}

async function checkMemory() {
  const results = [];
  for (const precision of /** @type {const} */ (['f32', 'int8'])) results.push(await memoryOf(precision));
  return results.join('; ');
}

/** @param {'f32' | 'int8'} precision */
async function memoryOf(precision) {
  const [all, window, warm] = [10_000, 1000, 2];
  const calibrationImages = precision === 'int8' ? images : undefined;
  const engine = await openEngine(network, { precision, calibrationImages, workers: 4 });
  /** @type {number[]} */
  const mebibytes = [];
  for (let done = 0; done < all; done += window) {
    for (let i = 0; i < window; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, k) => engine.run(images[(i + k) % images.length], options(k))),
      );
    globalThis.gc?.();
    mebibytes.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
  }
  await engine.close();
  const after = mebibytes.slice(warm);
  const growth = Math.max(...after) - (mebibytes[warm] ?? 0);
  const windows = `MiB after each ${window} images: ${mebibytes.join(' ')}`;
  if (growth > 8) throw new Error(`memory grows by ${growth} MiB; ${windows}`);
  return `10,000 images on 4 workers in ${engine.precision}, ${windows}`;
}

/** All of it. @returns {Promise<boolean>} whether it holds */
export async function checkEndurance() {
  const checks = {
    memory: checkMemory,
    together: checkTogether,
    others: checkOthers,
    workers: checkWorkers,
    processes: checkProcesses,
  };
  let holds = true;
  for (const [name, check] of Object.entries(checks)) {
    try {
      console.log(`ok     ${name}: ${await check()}`);
    } catch (error) {
      holds = false;
      console.log(`FAILED ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return holds;
}

if (!isMainThread && workerData === 'begin') {
  await begun();
  parentPort?.postMessage('begun');
} else if (!isMainThread && workerData === 'outputs') {
  const engine = await openEngine(network, { precision: 'f32' });
  const outputs = await outputsOf(engine);
  for (let i = 0; i < 10; i++)
    if ((await outputsOf(engine)) !== outputs) throw new Error('other bits in a worker thread');
  await engine.close();
  parentPort?.postMessage(outputs);
} else if (process.argv[2] === 'ending') {
  const engine = await begun();
  await endings[process.argv[3] ?? '']?.(engine);
}
