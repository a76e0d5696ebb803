import { Worker } from 'node:worker_threads';
import type { FileDescription } from '../file-description.js';
import type { EngineOptions, EngineOutputs, ImageRunner } from './engine.js';
import { sessionError } from './session-error.js';

type Answer = { readonly ready: true } | { readonly outputs: EngineOutputs } | { readonly failed: string };

/**
 * Creates a runner that executes a file in a separate worker thread.
 *
 * @param module - path of `onnxruntime-node`
 * @param file - the bytes of the file, in memory that all workers share
 * @throws DmnnError `DMNN_SESSION` if the worker cannot open the file
 */
export async function workerRunner(
  module: string,
  file: Uint8Array,
  { inChannels, imageSizePx }: FileDescription,
  options: EngineOptions,
): Promise<ImageRunner> {
  const dims = [1, inChannels, imageSizePx, imageSizePx];
  const worker = startedWorker({ module, file, dims, options });
  let end: string | undefined;
  worker.on('error', (error) => (end = String(error))).on('exit', (code) => (end ??= `exit ${code}`));
  const ask = (image?: Float32Array<ArrayBuffer>) =>
    new Promise<Answer>((resolve, reject) => {
      if (end !== undefined) {
        reject(
          sessionError(
            `worker: expected a running worker, got one that ended (${end})`,
            'Create another session.',
          ),
        );
        return;
      }
      const settle = (then: () => void) => {
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        worker.unref();
        then();
      };
      const onMessage = (answer: Answer) => {
        settle(() => {
          resolve(answer);
        });
      };
      const onError = (cause: unknown) => {
        settle(() => {
          reject(sessionError(`worker: failed: ${String(cause)}`, 'See the cause.', { cause }));
        });
      };
      const onExit = (code: number) => {
        settle(() => {
          reject(
            sessionError(`worker: expected an answer, got exit code ${code}`, 'Create another session.'),
          );
        });
      };
      worker.ref(); // keeps the process alive while an image runs, but not for an idle worker
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      if (image) worker.postMessage(image, [image.buffer]);
    });
  const first = await ask();
  if ('failed' in first) {
    await worker.terminate();
    throw sessionError(`file: ONNX Runtime cannot open it: ${first.failed}`, 'See the message.');
  }
  let running: Promise<unknown> = Promise.resolve();
  return {
    run: async (image) => {
      const asked = ask(image as Float32Array<ArrayBuffer>);
      running = asked.catch(() => undefined);
      const answer = await asked;
      if ('outputs' in answer) return answer.outputs;
      throw sessionError(`worker: ${'failed' in answer ? answer.failed : 'no outputs'}`, 'See the message.');
    },
    isLost: () => end !== undefined,
    release: async () => {
      await running; // a worker that is ended within ONNX Runtime takes the whole process with it
      await worker.terminate();
    },
  };
}

/** @throws DmnnError `DMNN_SESSION` if the system allows no other thread, or options cannot be passed to one */
function startedWorker(workerData: unknown): Worker {
  try {
    return new Worker(SOURCE, { eval: true, execArgv: [], workerData });
  } catch (cause) {
    throw sessionError(`worker: cannot start: ${String(cause)}`, 'Use fewer workers.', { cause });
  }
}

/** The worker's program, as text because Node cannot run the TypeScript sources in tests. */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads');
const { InferenceSession, Tensor } = require(workerData.module);
const failed = (error) => parentPort.postMessage({ failed: String(error) });
// the engine does not read shared memory
const file = new Uint8Array(workerData.file);
InferenceSession.create(file, workerData.options).then((session) => {
  parentPort.on('message', (image) => {
    session.run({ image: new Tensor('float32', image, workerData.dims) }).then((results) => {
      const { logits, gates, macs, stage, confidence } = results;
      const outputs = {
        logits: logits.data,
        macs: macs.data[0],
        gates: gates?.data,
        stage: stage && Number(stage.data[0]),
        confidence: confidence?.data[0],
      };
      parentPort.postMessage({ outputs });
    }).catch(failed);
  });
  parentPort.postMessage({ ready: true });
}, failed);
`;
