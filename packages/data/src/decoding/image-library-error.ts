import { DmnnError } from '@dmnn/foundation';

/** An image is not a JPEG, and sharp, which reads the other formats, is not installed. */
export function imageLibraryError(file: string, options: { readonly cause?: unknown } = {}): DmnnError {
  return new DmnnError(
    'DMNN_IMAGE_LIBRARY',
    `${file}: is not a JPEG, and sharp, which reads other formats, is not installed. Install it: npm install sharp@^0.35`,
    { ...options, details: { file } },
  );
}
