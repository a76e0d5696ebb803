import type { Dataset } from '../dataset.js';

/** Categories of the classes of a data set, such as those of `@dmnn/categories`. */
export interface CategoriesOfClasses {
  /** `[category]`. */
  readonly categoryNames: readonly string[];
  /** `[class]`: index of its category. */
  readonly categoryOfClass: readonly number[];
}

/**
 * The same images with other categories, which the category loss then predicts.
 *
 * @param dataset - not changed
 * @throws RangeError if there is not one category for each class
 * @example
 * ```ts
 * import { builtInDataset, withCategories } from '@dmnn/data';
 *
 * const train = builtInDataset({ split: 'train', size: 100 });
 * const categoryOfClass = train.classNames.map((name) => (name.startsWith('red') ? 0 : 1));
 * const red = withCategories(train, { categoryNames: ['red', 'other'], categoryOfClass });
 * console.log(red.categories, red.category(0) === categoryOfClass[red.label(0)]); // => 2 true
 * ```
 */
export function withCategories(
  dataset: Dataset,
  { categoryNames, categoryOfClass }: CategoriesOfClasses,
): Dataset {
  const isCategory = (id: number): boolean => Number.isInteger(id) && id >= 0 && id < categoryNames.length;
  if (categoryOfClass.length !== dataset.classes || !categoryOfClass.every(isCategory)) {
    throw new RangeError(
      `categoryOfClass: expected an index of ${categoryNames.length} categories for each of ${dataset.classes} classes, got ${categoryOfClass.slice(0, 20).join(', ')}`,
    );
  }
  return {
    ...dataset,
    categories: categoryNames.length,
    categoryNames,
    categoryGroups: undefined,
    categoryOfClass,
    category: (index) => categoryOfClass[dataset.label(index)] as number,
  };
}
