import type { InMemoryDataset } from './in-memory-dataset.js';
import type { ImageFileDataset } from './image-file-dataset.js';

/** What a network is trained or evaluated on: small images in memory, or image files that are decoded on the way. */
export type Dataset = InMemoryDataset | ImageFileDataset;
