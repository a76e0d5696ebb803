/** An image that is no JPEG was met, and sharp, which reads the other formats, is not installed. */
export class ImageLibraryError extends Error {
  override readonly name = 'ImageLibraryError';
  /** Tells it from other errors across copies of this package. */
  readonly code = 'DMNN_IMAGE_LIBRARY';
  /** The file. */
  readonly file: string;

  constructor(file: string, options?: ErrorOptions) {
    super(
      `${file}: is not a JPEG, and sharp, which reads other formats, is not installed. Install it: npm install sharp@^0.35`,
      options,
    );
    this.file = file;
  }
}
