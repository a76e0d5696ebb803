import type { FileDescription } from '../file-description.js';
import type { EngineOutputs } from './engine.js';
import { sessionError } from './session-error.js';

/** A network's outputs for one image, and their cost. */
export interface Inference {
  /** `[classes]`, unnormalised. */
  readonly logits: Float32Array;
  /** `[l][n]`: whether sub-block n of gated block l ran. Empty for a static network. */
  readonly gates: readonly (readonly boolean[])[];
  /** Multiply–accumulates of this image, under `paperConventions` of `@dmnn/flops`. */
  readonly macs: number;
}

/** Memory layout of an image: pixel by pixel, `[H, W, C]`, or channel by channel, `[C, H, W]`. */
export type ImageLayout = 'hwc' | 'chw';

/** Options of `run`. */
export interface RunOptions {
  /** @defaultValue 'hwc' */
  readonly layout?: ImageLayout | undefined;
}

/**
 * Copies an image to the layout `[C, H, W]`.
 *
 * @throws DmnnError `DMNN_SESSION` if the image has the wrong length or a number that is not finite
 */
export function preparedImage(
  image: Float32Array,
  { layout = 'hwc' }: RunOptions,
  { imageSizePx, inChannels }: FileDescription,
): Float32Array {
  const pixels = imageSizePx * imageSizePx;
  const shape =
    layout === 'hwc' ? [imageSizePx, imageSizePx, inChannels] : [inChannels, imageSizePx, imageSizePx];
  const expected = `a Float32Array of ${pixels * inChannels} numbers, [${shape.join(', ')}]`;
  const words: readonly string[] = ['hwc', 'chw'];
  if (!words.includes(layout)) {
    throw sessionError(
      `layout: expected 'hwc' or 'chw', got '${layout as string}'`,
      'Leave it out for [H, W, C].',
    );
  }
  if (!(image instanceof Float32Array) || image.length !== pixels * inChannels) {
    const got = image instanceof Float32Array ? `${image.length} numbers` : typeof image;
    throw sessionError(
      `image: expected ${expected}, got ${got}`,
      'Resize it to the size that the file was exported for.',
    );
  }
  const prepared = new Float32Array(image.length);
  for (let c = 0; c < inChannels; c++) {
    for (let at = 0; at < pixels; at++) {
      const value = image[layout === 'hwc' ? at * inChannels + c : c * pixels + at] as number;
      if (value - value !== 0) {
        throw sessionError(
          `image: expected finite numbers, got ${value}`,
          'Check the normalisation for a division by 0.',
        );
      }
      prepared[c * pixels + at] = value;
    }
  }
  return prepared;
}

/** @throws DmnnError `DMNN_SESSION` if a logit is NaN, or outputs are not as many as the file's description says */
export function inferenceOf(
  { logits, gates, macs }: EngineOutputs,
  { subBlocks, name, classes }: FileDescription,
): Inference {
  const counts = [logits.length, gates?.length ?? 0];
  const expected = [classes, subBlocks.length * Math.max(0, ...subBlocks)];
  if (counts.join() !== expected.join()) {
    throw sessionError(
      `outputs of ${name}: expected ${expected.join(' logits and ')} gates, as its description says, got ${counts.join(' and ')}`,
      'Export the file again.',
    );
  }
  if (logits.some((value) => Number.isNaN(value))) {
    throw sessionError(
      `logits of ${name}: expected numbers, got NaN`,
      'Check the image and the weights for huge numbers.',
    );
  }
  const most = Math.max(0, ...subBlocks);
  return {
    logits,
    gates: subBlocks.map((count, l) => Array.from({ length: count }, (_, n) => gates?.[l * most + n] === 1)),
    macs,
  };
}
