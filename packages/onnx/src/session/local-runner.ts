import type { FileDescription } from '../file-description.js';
import {
  type EngineOptions,
  type EngineOutputs,
  type ImageRunner,
  type OnnxRuntime,
  outputsOf,
} from './engine.js';
import { sessionError } from './session-error.js';

/** Creates a runner that executes a file in this thread. */
export async function localRunner(
  runtime: OnnxRuntime,
  file: Uint8Array,
  { inChannels, imageSizePx }: FileDescription,
  options: EngineOptions,
): Promise<ImageRunner> {
  const session = await opened(runtime, file, options);
  const dims = [1, inChannels, imageSizePx, imageSizePx];
  let running: Promise<unknown> = Promise.resolve();
  const run = async (image: Float32Array): Promise<EngineOutputs> => {
    try {
      return outputsOf(await session.run({ image: new runtime.Tensor('float32', image, dims) }));
    } catch (cause) {
      throw sessionError(`engine: ONNX Runtime failed: ${String(cause)}`, 'See the cause.', { cause });
    }
  };
  return {
    run: (image) => {
      const result = run(image);
      running = result.catch(() => undefined);
      return result;
    },
    isLost: () => false,
    release: async () => {
      await running; // an engine is not freed under a run
      await session.release();
    },
  };
}

async function opened(runtime: OnnxRuntime, file: Uint8Array, options: EngineOptions) {
  try {
    return await runtime.InferenceSession.create(file, options);
  } catch (cause) {
    throw sessionError(`file: ONNX Runtime cannot open it: ${String(cause)}`, 'See the cause.', {
      cause,
    });
  }
}
