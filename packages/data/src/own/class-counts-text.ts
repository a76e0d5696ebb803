import type { LabelledImages } from '../labelled-images.js';
import { quotedNames } from './quoted-names.js';

/**
 * How many images the classes have, as one line: `images per class: 12 ("rose") to 340 ("tulip")`, with a warning if the
 * largest class has more than three times as many as the smallest; undefined if all have the same number.
 *
 * @example
 * ```ts
 * import { builtInDataset, classCountsText } from '@dmnn/data';
 *
 * console.log(classCountsText(builtInDataset({ split: 'train', size: 101 })));
 * // => images per class: 1 ("orange disc") to 2 ("red disc")
 * ```
 */
export function classCountsText(
  images: Pick<LabelledImages, 'size' | 'classes' | 'classNames' | 'label'>,
): string | undefined {
  const counts = new Array<number>(images.classes).fill(0);
  for (let index = 0; index < images.size; index++) {
    const label = images.label(index);
    counts[label] = (counts[label] ?? 0) + 1;
  }
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (least === most) return undefined;
  const named = (count: number) => quotedNames([images.classNames[counts.indexOf(count)] ?? '']);
  const ratio = most / Math.max(1, least);
  const uneven =
    ratio > 3
      ? `: ${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)} times as many; a network may neglect the small classes`
      : '';
  return `images per class: ${least} (${named(least)}) to ${most} (${named(most)})${uneven}`;
}
