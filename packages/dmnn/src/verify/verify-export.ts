import { closeAfter } from '@dmnn/foundation';
import { type OnnxRuntime, cpuLanes } from '@dmnn/onnx';
import { chooseBackend } from '@dmnn/runtime';
import type { NetworkData } from '@dmnn/weights';
import '@tensorflow/tfjs'; // registers the gradients, which chooseBackend asks for
import * as tf from '@tensorflow/tfjs-core';
import { referenceOutputs } from './reference-outputs.js';
import { type Verification, verifyFile } from './verify-file.js';

/** What is known of an exported file after it was run, or why it was not. */
export type ExportCheck = Verification | { readonly unverifiedBecause: string };

/** How a file was exported and is run. */
export interface VerifyExportOptions {
  readonly imageSizePx?: number | undefined;
  readonly frozenGates?: readonly (readonly boolean[])[] | undefined;
  /** Lanes that the file was written for. */
  readonly cpuLanes?: 8 | 16 | undefined;
  /** ONNX Runtime; undefined: it is not installed. */
  readonly runtime: OnnxRuntime | undefined;
  /** Called before each image. */
  readonly onImage?: ((image: number, of: number) => void) | undefined;
}

/** Images on which a file is compared. */
export const VERIFIED_IMAGES = 3;

/**
 * Runs an exported file and the network on seeded images, and compares them. The backend of tfjs is afterwards what it
 * was before.
 *
 * @throws DmnnError `DMNN_EXPORT` if the file cannot be run or gives something else than the network
 */
export async function verifyExport(
  file: Uint8Array,
  network: NetworkData,
  { imageSizePx, frozenGates, cpuLanes: lanes, runtime, onImage }: VerifyExportOptions,
): Promise<ExportCheck> {
  return checkedHere({ runtime, cpuLanes: lanes }, async (engine) => {
    const images = await referenceOutputs(network, {
      images: VERIFIED_IMAGES,
      imageSizePx,
      frozenGates,
      onImage: (image) => onImage?.(image, VERIFIED_IMAGES),
    });
    return verifyFile(file, images, engine);
  });
}

/**
 * Checks a file where that is possible: in ONNX Runtime, on a processor for which it was written, next to networks on the
 * backend of tfjs for WebAssembly. The backend is afterwards what it was before.
 */
export async function checkedHere(
  { runtime, cpuLanes: lanes }: Pick<VerifyExportOptions, 'runtime' | 'cpuLanes'>,
  check: (runtime: OnnxRuntime) => Promise<Verification>,
): Promise<ExportCheck> {
  if (!runtime) return { unverifiedBecause: 'onnxruntime-node is not installed' };
  const own = lanes === undefined ? undefined : await cpuLanes(runtime);
  if (lanes !== own) {
    const here = own === undefined ? 'no blocked layout' : `${own} lanes`;
    return { unverifiedBecause: `it is for processors of ${lanes} lanes, and this one has ${here}` };
  }
  const before = tf.engine().backendName as string | undefined;
  await chooseBackend({ prefer: 'wasm' }); // in float32 everywhere, unlike GPUs
  return closeAfter(
    async () => {
      const verification = await check(runtime);
      if (verification.compared > 0) return verification;
      return {
        unverifiedBecause: 'in every image a decision is so close to its threshold that rounding makes it',
      };
    },
    async () => {
      // eslint-disable-next-line no-restricted-syntax -- none is chosen: the caller's own is put back
      if (before !== undefined) await tf.setBackend(before);
    },
  );
}
