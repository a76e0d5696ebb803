import { DmnnError } from '@dmnn/foundation';
import { type OnnxRuntime, type SessionForm, cpuLanes } from '@dmnn/onnx';
import { usageError } from './usage-error.js';

/** ONNX Runtime for Node, an optional peer dependency. */
export interface NodeOnnxRuntime extends OnnxRuntime {
  /** `onnxruntime-node 1.30.0` */
  readonly version: string;
}

/**
 * Loads ONNX Runtime.
 *
 * @throws DmnnError `DMNN_SESSION` if it is not installed, with what to run
 */
export async function loadOnnxRuntime(): Promise<NodeOnnxRuntime> {
  try {
    const { InferenceSession, Tensor, env } = await import('onnxruntime-node');
    return {
      InferenceSession,
      Tensor,
      version: `onnxruntime-node ${env.versions.node ?? ''}`.trim(),
    };
  } catch (cause) {
    throw new DmnnError(
      'DMNN_SESSION',
      'onnxruntime-node is not installed. Run: npm install onnxruntime-node',
      {
        cause,
      },
    );
  }
}

/** The form in which a session runs its file, and why: `in the blocked layout of 16 lanes`. */
export function formText(form: SessionForm): string {
  return 'cpuLanes' in form
    ? `in the blocked layout of this processor's ${form.cpuLanes} lanes`
    : `as written: ${form.asWrittenBecause}`;
}

/**
 * Lanes of this processor, for ONNX Runtime's own layout.
 *
 * @throws DmnnError `DMNN_USAGE` if ONNX Runtime has no such layout here
 */
export async function ownLanes(runtime: OnnxRuntime): Promise<8 | 16> {
  const lanes = await cpuLanes(runtime);
  if (lanes !== undefined) return lanes;
  throw usageError(
    '--cpu-lanes: expected a processor for which ONNX Runtime has a blocked layout, got one without. Leave the option out.',
  );
}
