import type { ImagePlace } from './places/image-place.js';
import type { LabelledImages } from './labelled-images.js';

/**
 * Labelled image files of any size, read by index; `imageFileDataset` makes them a data set. Bring your own by
 * implementing it: `read` may get them from anywhere.
 */
export interface ImageFiles extends LabelledImages {
  /** How they lie on the disk, where that is known: recorded with a run. */
  readonly layout?: 'class-folders' | 'tar-shards' | 'parquet' | undefined;
  /** Name of file `index`, for messages: a path, or an archive's and the entry in it. */
  file(index: number): string;
  /** The content of file `index`: JPEG, or what sharp reads. */
  read(index: number): Promise<Uint8Array>;
  /** Where file `index` lies, so that a decoding thread can read it; without it, `read` is called on the caller's. */
  place?: ((index: number) => ImagePlace) | undefined;
}
