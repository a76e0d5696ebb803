import type { ViewOf } from './image-view.js';
import { type RandomResizedCropOptions, randomResizedCrop } from './random-resized-crop.js';

/** How images are cropped in training. */
export interface TrainingViewOptions extends RandomResizedCropOptions {
  /** Width and height of the result. Default 224. */
  readonly sizePx?: number | undefined;
  /** Whether large crops may be decoded at a reduced size. Default true. */
  readonly reducedDecoding?: boolean | undefined;
}

/**
 * The training view: a random resized crop of the image, resized to a square.
 *
 * @param key - the run's seed, the epoch and the image's index in its data set.
 * @throws RangeError if an argument is out of range, when the view is created.
 */
export function trainingView(
  key: { readonly seed: number; readonly epoch: number; readonly sampleKey: number },
  options: TrainingViewOptions = {},
): ViewOf {
  const { sizePx = 224, reducedDecoding = true } = options;
  return (size) => {
    const { flipped, ...box } = randomResizedCrop(key, size, options);
    const resized = { widthPx: sizePx, heightPx: sizePx };
    return { box, resized, window: { leftPx: 0, topPx: 0, ...resized }, flipped, reducedDecoding };
  };
}
