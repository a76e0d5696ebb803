import type { ImageDataset } from './image-dataset.js';

/**
 * Labelled photographs of any size, read by index as the files that they are. Bring your own by implementing it.
 */
export interface PhotographDataset extends Omit<
  ImageDataset,
  'imageSizePx' | 'channels' | 'pixels' | 'difficulty'
> {
  /** Name of photograph `index`, for messages: a path, or an archive's and the entry in it. */
  file(index: number): string;
  /** The content of file `index`: JPEG, or what sharp reads. */
  read(index: number): Promise<Uint8Array>;
}
