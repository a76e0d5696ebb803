import type { FileDescription } from '../file-description.js';
import { encodeModel } from '../graph/encode-model.js';
import { OPSET } from '../graph/onnx-schema.js';
import type { OnnxRuntime } from './engine.js';
import { sessionError } from './session-error.js';

/**
 * How many channels ONNX Runtime computes at once on this processor: the `cpuLanes` of {@link exportOnnx}.
 *
 * A graph of one operation is run to find out: it rearranges a single channel, which comes back in a full block.
 *
 * @param runtime - `onnxruntime-node`: the module as a whole
 * @returns 8 (AVX, AVX2), 16 (AVX-512), or undefined where there is no blocked layout, as on ARM and in browsers
 * @example
 * ```ts
 * import { cpuLanes } from '@dmnn/onnx';
 * import * as ort from 'onnxruntime-node';
 *
 * const lanes = await cpuLanes(ort);
 * console.log([8, 16, undefined].includes(lanes)); // => true
 * ```
 */
export async function cpuLanes(runtime: OnnxRuntime): Promise<8 | 16 | undefined> {
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
    return undefined; // an engine without this operation
  }
}

/** @throws DmnnError `DMNN_SESSION` if a file was written for processors that are not like this one */
export async function assertLanes(runtime: OnnxRuntime, description: FileDescription): Promise<void> {
  if (description.cpuLanes === undefined) return;
  const lanes = await cpuLanes(runtime);
  if (lanes === description.cpuLanes) return;
  throw sessionError(
    `file: expected a processor of ${description.cpuLanes} lanes, for which it was written, got ${lanes ?? 'another engine'}`,
    'Export it without cpuLanes, or with those of this machine.',
  );
}
