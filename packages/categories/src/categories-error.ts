import { DmnnError } from '@dmnn/foundation';

/**
 * A synset, class or selection of categories does not exist or is not unique.
 *
 * @param equallyGood - number of equally good selections, if there is more than one
 */
export function categoriesError(message: string, equallyGood?: number): DmnnError {
  return new DmnnError('DMNN_CATEGORIES', message, { details: { equallyGood } });
}
