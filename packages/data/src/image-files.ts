import type { InMemoryDataset } from './in-memory-dataset.js';
import type { ImagePlace } from './decoding/image-place.js';

/**
 * Labelled images of any size, read by index as the files that they are. Bring your own by implementing it.
 */
export interface ImageFiles extends Omit<
  InMemoryDataset,
  'imageSizePx' | 'channels' | 'pixels' | 'difficulty'
> {
  /** How they lie on the disk, where that is known: recorded with a run. */
  readonly layout?: 'class-folders' | 'tar-shards' | 'parquet';
  /** Name of image `index`, for messages: a path, or an archive's and the entry in it. */
  file(index: number): string;
  /** The content of file `index`: JPEG, or what sharp reads. */
  read(index: number): Promise<Uint8Array>;
  /** Where file `index` lies, so that a decoding thread can read it; without it, `read` is called on the caller's. */
  place?(index: number): ImagePlace;
}
