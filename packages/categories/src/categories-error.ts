/** A synset, class or selection of categories that does not exist or is not unique. */
export class CategoriesError extends Error {
  override readonly name = 'CategoriesError';
  /** Tells it from other errors across copies of this package. */
  readonly code = 'DMNN_CATEGORIES';
  /** How many selections are equally good, where there is more than one. */
  readonly equallyGood: number | undefined;

  constructor(message: string, equallyGood?: number) {
    super(message);
    this.equallyGood = equallyGood;
  }
}
