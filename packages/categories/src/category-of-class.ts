import { assertClassIndex } from './class-index.js';
import { categoryIds } from './imagenet-categories.generated.js';

/**
 * The category (0 to 57) of an ImageNet class (0 to 999): what the category heads of Eq. 9 predict.
 *
 * @throws RangeError if `classIndex` is not an integer from 0 to 999.
 * @see DMNN §3.2 Eq. 9
 * @example
 * ```ts
 * import { categoryOfClass, imagenetCategories, imagenetClasses } from '@dmnn/categories';
 *
 * const category = imagenetCategories[categoryOfClass(281)];
 * console.log(imagenetClasses[281]?.names[0], '→', category?.name, category?.group); // => tabby → feline animals
 * ```
 */
export function categoryOfClass(classIndex: number): number {
  assertClassIndex(classIndex, categoryIds.length);
  return categoryIds[classIndex] as number;
}
