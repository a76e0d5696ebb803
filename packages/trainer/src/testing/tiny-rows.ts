import type { ImageDataset } from '@dmnn/data';
import { tinyDataset } from './tiny-dataset.js';

/** Data of CIFAR-100's kind, a few images of noise, for {@link tinyRows}. */
export function cifarLike(split: 'train' | 'test', size: number): ImageDataset {
  return {
    ...tinyDataset(split, size),
    classes: 100,
    imageSizePx: 32,
    pixels: (index) => Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 7919 + index * 104729) % 251),
  };
}

/** What a row is made quick with. */
export interface TinyRows {
  readonly data: { readonly train: ImageDataset; readonly test: ImageDataset };
  readonly overrides: readonly string[];
}

/** One step on two images. */
export const tinyRows: TinyRows = {
  data: { train: cifarLike('train', 2), test: cifarLike('test', 1) },
  overrides: ['batchSize=2', 'epochs=1', 'learningRate={"kind":"constant","from":0.01}'],
};

/** The same of a small dynamic network. */
export const tinyDynamicRows: TinyRows = {
  data: tinyRows.data,
  overrides: [...tinyRows.overrides, 'model.name=dmnn-cifar-resnet8-0.25-n2'],
};
