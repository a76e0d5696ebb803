import type { ImageDataset } from '@dmnn/data';
import type { CategoryRates } from '@dmnn/report';
import type { Evaluation } from '@dmnn/trainer';

/**
 * How the images of each category were executed. Categories without an image are left out.
 *
 * @param dataset - whose images were evaluated, all of them
 */
export function categoryRates(evaluation: Evaluation, dataset: ImageDataset): CategoryRates[] {
  const imagesOf = new Map<number, number[]>();
  for (let index = 0; index < evaluation.images; index++) {
    const category = dataset.category(index);
    const images = imagesOf.get(category);
    if (images) images.push(index);
    else imagesOf.set(category, [index]);
  }
  return dataset.categoryNames.flatMap((name, category) => {
    const images = imagesOf.get(category);
    if (!images) return [];
    const mean = (value: (index: number) => number): number =>
      images.reduce((sum, index) => sum + value(index), 0) / images.length;
    let gate = 0;
    return [
      {
        name: name.replaceAll('_', ' '),
        group: dataset.categoryGroups?.[category] ?? null,
        images: images.length,
        topOneErrorPercent: 100 * mean((index) => (isCorrect(evaluation, dataset, index) ? 0 : 1)),
        meanMacs: mean((index) => evaluation.perImageMacs[index] as number),
        executionRates: evaluation.executionRates.map((block) =>
          block.map(() => {
            const at = gate++;
            return mean((index) => evaluation.perImageGates[index]?.[at] as number);
          }),
        ),
      },
    ];
  });
}

/** Whether an image's class was predicted. */
export function isCorrect({ predictions }: Evaluation, dataset: ImageDataset, index: number): boolean {
  return predictions[index] === dataset.label(index);
}
