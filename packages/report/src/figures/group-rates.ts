import type { CategoryRates, ReportRun } from '../report-data.js';

/** Execution rates of a set of images. */
export interface ImageSetRates {
  readonly name: string;
  readonly images: number;
  readonly meanMacs: number;
  /** `[l][n]` */
  readonly executionRates: readonly (readonly number[])[];
}

/** Rates of the groups of categories, in order of first occurrence; categories outside all groups are left out. */
export function groupRates(categories: readonly CategoryRates[]): ImageSetRates[] {
  const names = new Set(categories.flatMap(({ group }) => (group === null ? [] : [group])));
  return [...names].map((name) =>
    together(
      name,
      categories.filter(({ group }) => group === name),
    ),
  );
}

/** Rates of all test images of a run. */
export function overallRates({ evaluation }: ReportRun): ImageSetRates | null {
  if (!evaluation) return null;
  const { images, meanMacs, executionRates } = evaluation;
  return { name: 'all images', images, meanMacs, executionRates };
}

/** Means over all images of several categories. */
function together(name: string, categories: readonly CategoryRates[]): ImageSetRates {
  const images = categories.reduce((sum, category) => sum + category.images, 0);
  const mean = (value: (category: CategoryRates) => number): number =>
    categories.reduce((sum, category) => sum + category.images * value(category), 0) / images;
  const blocks = categories[0]?.executionRates ?? [];
  return {
    name,
    images,
    meanMacs: mean(({ meanMacs }) => meanMacs),
    executionRates: blocks.map((block, l) =>
      block.map((_, n) => mean(({ executionRates }) => executionRates[l]?.[n] as number)),
    ),
  };
}
