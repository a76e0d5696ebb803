/** Categories of classes of any data: what the category loss (DMNN, Eq. 9) predicts. */
export interface ClassCategories {
  /** `[category]`: their names. */
  readonly categoryNames: readonly string[];
  /** `[class]`: index of its category. */
  readonly categoryOfClass: readonly number[];
}

/**
 * Numbers categories in the order of their first class.
 *
 * @param categories - `[class]`: name of its category
 */
export function numberedCategories(categories: readonly string[]): ClassCategories {
  const categoryNames = [...new Set(categories)];
  return { categoryNames, categoryOfClass: categories.map((name) => categoryNames.indexOf(name)) };
}
