import { categoriesError } from './categories-error.js';
import { categoryIds } from './imagenet-categories.generated.js';
import { imagenetClasses } from './imagenet-classes.generated.js';

/**
 * The category (0 to 57) of an ImageNet class given by its wnid, the name of its folder.
 *
 * @throws DmnnError `DMNN_CATEGORIES` if it is not one of the 1000.
 * @example
 * ```ts
 * import { categoryOfWnid } from '@dmnn/categories';
 *
 * console.log(categoryOfWnid('n01440764')); // => 0
 * ```
 */
export function categoryOfWnid(wnid: string): number {
  // classes are sorted by wnid, so a binary search finds one without an index built at import
  let [low, high] = [0, imagenetClasses.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = (imagenetClasses[middle] as { wnid: string }).wnid;
    if (found === wnid) return categoryIds[middle] as number;
    if (found < wnid) low = middle + 1;
    else high = middle - 1;
  }
  throw categoriesError(
    `wnid: expected one of ILSVRC-2012's 1000 classes, such as 'n01440764', got ${JSON.stringify(wnid)}`,
  );
}
