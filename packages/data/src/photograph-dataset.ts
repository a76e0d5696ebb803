import type { ImageDataset } from './image-dataset.js';
import type { PhotographPlace } from './decoding/photograph-place.js';

/**
 * Labelled photographs of any size, read by index as the files that they are. Bring your own by implementing it.
 */
export interface PhotographDataset extends Omit<
  ImageDataset,
  'imageSizePx' | 'channels' | 'pixels' | 'difficulty'
> {
  /** How they lie on the disk, where that is known: recorded with a run. */
  readonly layout?: 'class-folders' | 'tar-shards' | 'parquet';
  /** Name of photograph `index`, for messages: a path, or an archive's and the entry in it. */
  file(index: number): string;
  /** The content of file `index`: JPEG, or what sharp reads. */
  read(index: number): Promise<Uint8Array>;
  /** Where file `index` lies, so that a decoding thread can read it; without it, `read` is called on the caller's. */
  place?(index: number): PhotographPlace;
}
