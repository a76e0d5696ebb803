import { isDmnnError } from '@dmnn/foundation';
import { type Architecture, inferShapes, type UnitShape } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { missingKernelError } from './missing-kernel-error.js';
import { type LargestTensor, outOfMemoryError } from './out-of-memory-error.js';

/** Messages of backends that ran out of memory: TensorFlow, WebAssembly, JavaScript. */
const OUT_OF_MEMORY =
  /TF_Status: 8\b|OOM when allocating|wasm memory: no room|Aborted\(OOM\)|Maximum memory size exceeded|Cannot enlarge memory|Array buffer allocation failed|Invalid typed array length/;

const MISSING_KERNEL = /Kernel '(\w+)' not registered for backend '([\w-]+)'/;

/** The state of a pass when it failed. */
export interface FailedPass {
  readonly architecture: Architecture;
  /** `[B, H, W, Cin]`. */
  readonly imagesShape: readonly number[];
  /** The operation that was running: a layer's path, or `the gradient`. */
  readonly operation: string;
}

/**
 * Turns a backend's message into a typed error with a remedy; any other error stays as it is.
 *
 * @returns DmnnError `DMNN_OUT_OF_MEMORY`, DmnnError `DMNN_MISSING_KERNEL`, or `error` itself
 */
export function explainFailure(error: unknown, pass: FailedPass): unknown {
  if (!(error instanceof Error) || isDmnnError(error, 'DMNN_OUT_OF_MEMORY')) return error;
  if (OUT_OF_MEMORY.test(error.message)) {
    const [batchSize = 0] = pass.imagesShape;
    return outOfMemoryError(batchSize, largestTensor(pass), { cause: error });
  }
  const missing = MISSING_KERNEL.exec(error.message);
  if (!missing) return error;
  const [, kernel, backend] = missing as unknown as [string, string, string];
  const names = tf.engine().backendNames();
  const availableOn = names.filter((name) => (tf.getKernel(kernel, name) as unknown) !== undefined);
  return missingKernelError({ kernel, backend, operation: pass.operation, availableOn }, { cause: error });
}

/** The largest map of a pass; images are taken as squares. */
function largestTensor({ architecture, imagesShape }: FailedPass): LargestTensor {
  const [images = 0, height = 1, width = 1] = imagesShape;
  const { stem, blocks, head } = inferShapes(architecture, { imageSizePx: Math.max(height, width) });
  const units: UnitShape[] = [
    ...stem,
    ...blocks.flatMap(({ shortcut, subBlocks }) => [...(shortcut ? [shortcut] : []), ...subBlocks.flat()]),
    ...head,
  ];
  const sizeOf = ({ outSizePx, unit }: UnitShape): number => outSizePx * outSizePx * unit.outChannels;
  const largest = units.reduce((most, each) => (sizeOf(each) > sizeOf(most) ? each : most));
  const { path, outSizePx, unit } = largest;
  return { path, shape: [images, outSizePx, outSizePx, unit.outChannels] };
}
