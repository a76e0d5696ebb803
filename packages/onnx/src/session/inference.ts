import type { ImageLayout, Inference } from '@dmnn/architecture';
import { imageProblem } from '@dmnn/architecture/internal';
import type { FileDescription } from '../file-description.js';
import type { EngineOutputs } from './engine.js';
import { sessionError } from './session-error.js';

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
  const problem = imageProblem(image, layout, { imageSizePx, inChannels });
  if (problem) throw sessionError(problem.what, problem.remedy);
  const pixels = imageSizePx * imageSizePx;
  const prepared = new Float32Array(image.length);
  for (let c = 0; c < inChannels; c++) {
    for (let at = 0; at < pixels; at++) {
      prepared[c * pixels + at] = image[layout === 'hwc' ? at * inChannels + c : c * pixels + at] as number;
    }
  }
  return prepared;
}

/** @throws DmnnError `DMNN_SESSION` if a logit is NaN, or outputs are not as many as the file's description says */
export function inferenceOf(
  { logits, gates, macs, stage, confidence }: EngineOutputs,
  { subBlocks, name, classes, cascade }: FileDescription,
): Inference {
  const counts = [logits.length, gates?.length ?? 0];
  const expected = [classes, subBlocks.length * Math.max(0, ...subBlocks)];
  if (counts.join() !== expected.join()) {
    throw sessionError(
      `outputs of ${name}: expected ${expected.join(' logits and ')} gates, as its description says, got ${counts.join(' and ')}`,
      'Export the file again.',
    );
  }
  if (cascade && (stage === undefined || cascade.stages[stage] === undefined || confidence === undefined)) {
    throw sessionError(
      `outputs of ${name}: expected stage, from 0 to ${cascade.stages.length - 1}, and confidence, got ${String(stage)} and ${String(confidence)}`,
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
    ...(cascade && stage !== undefined && confidence !== undefined ? { stage, confidence } : {}),
  };
}
