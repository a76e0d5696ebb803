import { open } from 'node:fs/promises';
import { closeAfter } from '@dmnn/foundation';
import { systemReason } from '@dmnn/foundation/node';
import { DataError } from '../data-error.js';
import { contentsOf, readFully } from './file-contents.js';
import { systemPath } from '../system-path.js';

/** Location of an image's bytes, as plain data: it is sent to a decoding thread, which reads the bytes itself. */
export type ImagePlace =
  | { readonly kind: 'file'; readonly path: string }
  /** A range of a larger file: an entry of a tar shard. */
  | { readonly kind: 'range'; readonly path: string; readonly offset: number; readonly length: number }
  | {
      readonly kind: 'parquet';
      readonly path: string;
      readonly row: number;
      /** Size and date of the file when its labels were read; if given, another file is an error. */
      readonly version?: string | undefined;
    };

/** The content of the image at that place. @throws DataError naming the file, if it cannot be read */
export async function readPlace(place: ImagePlace): Promise<Uint8Array> {
  switch (place.kind) {
    case 'file':
      return contentsOf(place.path);
    case 'range':
      return rangeOf(place);
    case 'parquet': {
      // its reader and its decompressors are for those who have such files
      const { readParquetImage } = await import('../parquet/parquet-image.js');
      return readParquetImage(place.path, place.row, place.version);
    }
  }
}

async function rangeOf({
  path,
  offset,
  length,
}: Extract<ImagePlace, { kind: 'range' }>): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let got: string;
  let cause: unknown;
  try {
    const file = await open(systemPath(path), 'r');
    const bytesRead = await closeAfter(
      () => readFully(file, bytes, offset),
      () => file.close(),
    );
    if (bytesRead === length) return bytes;
    got = `the end of the file after ${bytesRead} of them`;
  } catch (error) {
    cause = error;
    got = systemReason(error);
  }
  throw new DataError(
    {
      file: path,
      byteOffset: offset,
      expected: `${length} bytes of an image`,
      got,
      remedy: 'Check the file and its permissions; download it again if it has changed.',
    },
    { cause },
  );
}
