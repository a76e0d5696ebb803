import type { Architecture, ImagePreparation } from '@dmnn/architecture';
import type { OpenedNetworkData } from '@dmnn/runs';

/** How images are prepared for a trained network. */
export function preparationOf({
  architecture,
  channelMeans,
  channelDeviations,
  source,
}: OpenedNetworkData): ImagePreparation {
  const dataset = source.kind === 'run' ? source.dataset : 'imagenet';
  return { shorterSidePx: shorterSidePx(architecture, dataset), channelMeans, channelDeviations };
}

/** Pixels to which the shorter side of an image is resized, from the data that the network was trained on. */
export function shorterSidePx({ imageSizePx }: Architecture, dataset: string): number {
  // images of these are used whole; of image files the middle, as in the usual evaluation: 224 of 256 px
  const whole = dataset === 'cifar100' || dataset === 'built-in';
  return whole ? imageSizePx : Math.round((imageSizePx * 256) / 224);
}
