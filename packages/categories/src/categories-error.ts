/** A class, synset or selection of categories that does not exist or is not unique. */
export class CategoriesError extends Error {
  override readonly name = 'CategoriesError';
  readonly code = 'DMNN_CATEGORIES';
}
