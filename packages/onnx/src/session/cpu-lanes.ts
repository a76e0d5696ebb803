import type { FileDescription } from '../file-description.js';
import { encodeModel } from '../graph/encode-model.js';
import { OPSET } from '../graph/onnx-schema.js';
import type { OnnxRuntime } from './engine.js';
import { sessionError } from './session-error.js';

/**
 * Measures how many channels ONNX Runtime computes at once on this processor, for the option `cpuLanes` of
 * {@link exportOnnx}.
 *
 * It runs a graph of one operation that rearranges a single channel, which is returned padded to a full block. An engine
 * is measured once.
 *
 * @param runtime - the `onnxruntime-node` module as a whole
 * @returns 8 (AVX, AVX2), 16 (AVX-512), or `undefined` if there is no blocked layout, as on ARM and in browsers
 * @example
 * ```ts
 * import { cpuLanes } from '@dmnn/onnx';
 * import * as ort from 'onnxruntime-node';
 *
 * const lanes = await cpuLanes(ort);
 * console.log([8, 16, undefined].includes(lanes)); // => true
 * ```
 */
export function cpuLanes(runtime: OnnxRuntime): Promise<8 | 16 | undefined> {
  // the module may be passed as another object each time; its class is one
  const known = measured.get(runtime.InferenceSession) ?? measure(runtime);
  measured.set(runtime.InferenceSession, known);
  return known;
}

const measured = new WeakMap<object, Promise<8 | 16 | undefined>>();

async function measure(runtime: OnnxRuntime): Promise<8 | 16 | undefined> {
  const shape = [1, 4, 1, 1];
  const graph = {
    name: 'lanes',
    nodes: [
      {
        name: 'blocked',
        operation: 'ReorderInput',
        domain: 'com.microsoft.nchwc',
        inputs: ['image'],
        outputs: ['blocked'],
        attributes: {},
      },
    ],
    initialisers: [],
    inputs: [{ name: 'image', type: 'float', shape }],
    outputs: [{ name: 'blocked', type: 'float', shape: [1, 'channels', 1, 1] }],
  } as const;
  try {
    const file = encodeModel({ graph, opset: OPSET, metadata: new Map() });
    const session = await runtime.InferenceSession.create(file, {});
    const { blocked } = await session.run({
      image: new runtime.Tensor('float32', new Float32Array(4), shape),
    });
    await session.release();
    const lanes = (blocked?.data as Float32Array).length;
    return lanes === 8 || lanes === 16 ? lanes : undefined;
  } catch {
    return undefined; // the engine does not have this operation
  }
}

/** @throws DmnnError `DMNN_SESSION` if a file was written for processors with another number of lanes */
export async function assertLanes(runtime: OnnxRuntime, description: FileDescription): Promise<void> {
  if (description.cpuLanes === undefined) return;
  const lanes = await cpuLanes(runtime);
  if (lanes === description.cpuLanes) return;
  throw sessionError(
    `file: expected a processor of ${description.cpuLanes} lanes, as the file was written for, got ${lanes ?? 'another engine'}`,
    'Export it without cpuLanes, or with the lanes of this machine.',
  );
}
