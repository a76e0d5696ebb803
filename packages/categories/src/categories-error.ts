import { DmnnError } from '@dmnn/foundation';

/**
 * A synset, class or selection of categories that does not exist or is not unique.
 *
 * @param equallyGood - how many selections are equally good, where there is more than one
 */
export function categoriesError(message: string, equallyGood?: number): DmnnError {
  return new DmnnError('DMNN_CATEGORIES', message, { details: { equallyGood } });
}
