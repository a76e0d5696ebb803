import { Buffer } from 'node:buffer';
import {
  PhotographDecoder,
  type PhotographDataset,
  type SquarePhotographs,
  builtInDataset,
  squarePhotographs,
} from '@dmnn/data';
import { pngDataUri } from '@dmnn/report';

/**
 * The built-in test images as PNG files that are decoded again, so that their pixels are known: squares of 28 pixels are
 * the middles of the images' 32.
 *
 * @param damaged - indices of files that are cut short
 */
export function builtInPhotographs(size: number, damaged: readonly number[] = []): SquarePhotographs {
  const images = builtInDataset({ split: 'test', size });
  const { classes, categories, classNames, categoryNames, channelMeans, channelDeviations } = images;
  const photographs: PhotographDataset = {
    ...{ name: 'photographs', split: 'test', size, classes, categories, classNames, categoryNames },
    ...{ channelMeans, channelDeviations },
    ...(images.categoryGroups && { categoryGroups: images.categoryGroups }),
    label: (index) => images.label(index),
    category: (index) => images.category(index),
    file: (index) => `${index}.png`,
    read: (index) => {
      const uri = pngDataUri({ widthPx: 32, heightPx: 32, data: images.pixels(index) });
      const bytes = Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
      return Promise.resolve(damaged.includes(index) ? bytes.subarray(0, 40) : bytes);
    },
  };
  return squarePhotographs(photographs, { sizePx: 28, decoder: new PhotographDecoder({ workers: 0 }) });
}
