import type { Dataset } from '@dmnn/data';
import type { CategoryRates } from '@dmnn/report';
import type { ImageRecord } from './image-records.js';

/**
 * How the images of each category were executed. Categories without an image are left out.
 *
 * @param images - of the data set
 * @param subBlocks - of each gated block
 */
export function categoryRates(
  images: readonly ImageRecord[],
  subBlocks: readonly number[],
  { categoryNames, categoryGroups }: Dataset,
): CategoryRates[] {
  const imagesOf = new Map<number, ImageRecord[]>();
  for (const image of images) {
    const others = imagesOf.get(image.category);
    if (others) others.push(image);
    else imagesOf.set(image.category, [image]);
  }
  return categoryNames.flatMap((name, category) => {
    const own = imagesOf.get(category);
    if (!own) return [];
    const mean = (value: (image: ImageRecord) => number): number =>
      own.reduce((sum, image) => sum + value(image), 0) / own.length;
    let gate = 0;
    return [
      {
        name: name.replaceAll('_', ' '),
        group: categoryGroups?.[category] ?? null,
        images: own.length,
        topOneErrorPercent: 100 * mean(({ predictedLabel, label }) => (predictedLabel === label ? 0 : 1)),
        meanMacs: mean(({ macs }) => macs),
        executionRates: subBlocks.map((count) =>
          Array.from({ length: count }, () => {
            const at = gate++;
            return mean(({ gates }) => gates[at] as number);
          }),
        ),
      },
    ];
  });
}
