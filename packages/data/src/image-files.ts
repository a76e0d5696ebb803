import type { ImagePlace } from './places/image-place.js';
import type { LabelledImages } from './labelled-images.js';

/**
 * Labelled image files of any size, read by index; `imageFileDataset` turns them into a data set. Implement it to use
 * your own files: `read` may get them from anywhere.
 */
export interface ImageFiles extends LabelledImages {
  /** Their layout on the disk, if known; recorded with a run. */
  readonly layout?: 'class-folders' | 'tar-shards' | 'parquet' | undefined;
  /** Name of file `index`, for messages: a path, or the paths of an archive and of the entry in it. */
  file(index: number): string;
  /** The content of file `index`: JPEG, or a format that sharp reads. */
  read(index: number): Promise<Uint8Array>;
  /**
   * The place of file `index`, for a decoding thread to read it; if absent, `read` is called on the caller's thread.
   */
  place?: ((index: number) => ImagePlace) | undefined;
}
