import type { ImageDataset } from './image-dataset.js';
import type { SquarePhotographs } from './square-photographs.js';

/** What a network is trained or evaluated on: small images in memory, or photographs that are decoded on the way. */
export type Dataset = ImageDataset | SquarePhotographs;
