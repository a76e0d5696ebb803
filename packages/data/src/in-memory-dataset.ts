import type { Dataset } from './dataset.js';

/** A data set whose images are in memory: `pixels` returns them without a promise. */
export interface InMemoryDataset extends Dataset {
  /** Image `index` as rows of red, green, blue bytes: `imageSizePx² · 3`. A view; do not write to it. */
  pixels(index: number): Uint8Array;
}
