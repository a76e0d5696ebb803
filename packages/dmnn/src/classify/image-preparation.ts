import type { Architecture, ImagePreparation } from '@dmnn/architecture';
import type { OpenedNetworkData } from '@dmnn/runs';
import type { Classifier } from './classifier.js';

/** How images are prepared for a trained network. */
export function preparationOf({
  architecture,
  channelMeans,
  channelDeviations,
  shorterSidePx: stated,
  source,
}: OpenedNetworkData): ImagePreparation {
  const dataset = source.kind === 'run' ? source.dataset : 'imagenet';
  const shorterSide = stated ?? shorterSidePx(architecture, dataset);
  return { shorterSidePx: shorterSide, channelMeans, channelDeviations };
}

/** Pixels to which the shorter side of an image is resized, from the data that the network was trained on. */
export function shorterSidePx({ imageSizePx }: Architecture, dataset: string): number {
  // images of these are used whole; of image files the middle, as in the usual evaluation: 224 of 256 px
  const name = dataset.replace(/, \d+ held out$/, '');
  const whole = ['built-in', 'shapes', 'cifar10', 'cifar100'].includes(name);
  return whole ? imageSizePx : Math.round((imageSizePx * 256) / 224);
}

/**
 * Reads and prepares an image for a network: upright, its shorter side resized, the middle cut out, normalised.
 *
 * @returns `[H, W, 3]`
 * @throws DataError (`DMNN_DATA`) if the file cannot be read, is damaged or not an image; DmnnError `DMNN_IMAGE_LIBRARY` if it is not a
 * JPEG and sharp is not installed
 */
export async function readImage(
  file: string,
  { imageSizePx, preparation }: Pick<Classifier, 'imageSizePx' | 'preparation'>,
): Promise<Float32Array> {
  // commands that open a network without images do not load what decodes them
  const { evaluationView, imageBatch } = await import('@dmnn/data');
  const { contentsOf } = await import('@dmnn/data/internal');
  const viewOf = evaluationView({ shorterSidePx: preparation.shorterSidePx, sizePx: imageSizePx });
  return imageBatch([{ bytes: await contentsOf(file), file, viewOf }], imageSizePx, preparation);
}
