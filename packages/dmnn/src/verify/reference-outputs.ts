import { closeAfter } from '@dmnn/foundation';
import { gateLogOdds, likeliest, scripted, uniformAt } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import type { NetworkData } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import type { ReferenceOutputs } from './agreement.js';

/** An image, and what the network gives for it. */
export interface ReferenceImage {
  /** `[H, W, C]`, about as large as normalised images. */
  readonly image: Float32Array;
  readonly reference: ReferenceOutputs;
}

/** Options of {@link referenceOutputs}. */
export interface ReferenceOptions {
  /** Number of images; image i is the same for the same i. */
  readonly images: number;
  /** Side of the square images, in pixels. @defaultValue the architecture's own */
  readonly imageSizePx?: number | undefined;
  /** `[l][n]`: gates of every image. @defaultValue the likelier ones, by the controllers */
  readonly frozenGates?: readonly (readonly boolean[])[] | undefined;
  /** What the network takes for an image. @defaultValue the image itself */
  readonly imageFor?: ((image: Float32Array) => Float32Array) | undefined;
  /** Called before each image, with its number from 0. */
  readonly onImage?: ((image: number) => void) | undefined;
}

/**
 * Runs a network on seeded images, on the current backend of tfjs: every sub-block, masked by its gates, which is the
 * execution that training and PyTorch's outputs are compared with.
 */
export async function referenceOutputs(
  { architecture, weights }: NetworkData,
  { images, imageSizePx = architecture.imageSizePx, frozenGates, imageFor, onImage }: ReferenceOptions,
): Promise<ReferenceImage[]> {
  const { undivided, ...own } = architecture;
  const sized = { ...own, imageSizePx, ...(undivided && { undivided: { ...undivided, imageSizePx } }) };
  const network = createNetwork(sized, { seed: 0, weights });
  const shape: [number, number, number, number] = [1, imageSizePx, imageSizePx, architecture.inChannels];
  const results: ReferenceImage[] = [];
  await closeAfter(
    async () => {
      for (let i = 0; i < images; i++) {
        onImage?.(i);
        await new Promise(setImmediate); // progress is written before seconds of computation
        const image = seededImage(
          shape.reduce((size, length) => size * length, 1),
          i,
        );
        const reference = tf.tidy(() => {
          const pass = network.forward(tf.tensor4d(imageFor?.(image) ?? image, shape), {
            policy: frozenGates ? scripted(frozenGates) : likeliest,
            statistics: 'moving',
            execution: 'masked',
          });
          const rows = (tensors: readonly tf.Tensor2D[]) =>
            tensors.map((each) => [...each.dataSync<'float32'>()]);
          return {
            logits: Float32Array.from(pass.logits.dataSync<'float32'>()),
            gates: frozenGates ? [] : rows(pass.gates).map((row) => row.map((gate) => gate === 1)),
            exitLogits: pass.exitLogits.map((each) => Float32Array.from(each.dataSync<'float32'>())),
            logOdds: frozenGates ? [] : rows(pass.gateLogits.map(gateLogOdds)),
          };
        });
        results.push({ image, reference });
      }
    },
    () => {
      network.dispose();
    },
  );
  return results;
}

const STREAM = 3; // of the random numbers, apart from those of weights

/** Noise in [−2, 2) first; then of other means and strengths, on which controllers decide otherwise. */
function seededImage(length: number, seed: number): Float32Array {
  const [mean, strength] =
    seed === 0 ? [0, 2] : [2, 2].map((scale, i) => scale * uniformAt(seed, STREAM + 1, i));
  const sign = seed % 2 === 0 ? 1 : -1;
  return Float32Array.from(
    { length },
    (_, i) => sign * (mean as number) + (strength as number) * (2 * uniformAt(seed, STREAM, i) - 1),
  );
}
