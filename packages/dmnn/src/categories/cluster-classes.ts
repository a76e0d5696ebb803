import type { ClassCategories } from '@dmnn/categories';
import { agnes } from 'ml-hclust';

/**
 * Clusters classes by how alike a network finds their images: Ward's method on the mean logits of each class, without what is
 * common to all, as directions. Categories are named after their first classes, in whose order they are.
 *
 * @param meanLogits - `[class][logit]`, of images of the class; the logits may be of other classes
 * @param classNames - `[class]`
 * @param count - number of categories, from 2 to the number of classes
 * @throws RangeError for another number
 */
export function clusterClasses(
  meanLogits: readonly ArrayLike<number>[],
  classNames: readonly string[],
  count: number,
): ClassCategories {
  if (!Number.isInteger(count) || count < 2 || count > meanLogits.length) {
    throw new RangeError(`count: expected an integer from 2 to ${meanLogits.length} classes, got ${count}`);
  }
  const directions = directionsOf(meanLogits.map((row) => Array.from(row)));
  const distances = directions.map((a) =>
    directions.map((b) => Math.hypot(...a.map((value, i) => value - (b[i] as number)))),
  );
  const tree = agnes(distances, { method: 'ward2', isDistanceMatrix: true });
  const clusters = tree
    .group(count)
    .children.map((cluster) => cluster.indices().sort((a, b) => a - b))
    .sort((a, b) => (a[0] as number) - (b[0] as number));
  const categoryOfClass = meanLogits.map((_, label) =>
    clusters.findIndex((members) => members.includes(label)),
  );
  return { categoryNames: clusters.map((members) => nameOf(members, classNames)), categoryOfClass };
}

/** Rows less their mean row, of length 1. */
function directionsOf(rows: readonly (readonly number[])[]): number[][] {
  const mean = (rows[0] ?? []).map(
    (_, i) => rows.reduce((sum, row) => sum + (row[i] as number), 0) / rows.length,
  );
  return rows.map((row) => {
    const centred = row.map((value, i) => value - (mean[i] as number));
    const length = Math.hypot(...centred);
    return centred.map((value) => (length > 0 ? value / length : 0));
  });
}

/** `beaver, otter and 3 more` */
function nameOf(members: readonly number[], classNames: readonly string[]): string {
  const names = members.map((label) => classNames[label] ?? `class ${label}`);
  if (names.length <= 3) return names.join(', ');
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}
