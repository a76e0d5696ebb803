import { DmnnError, closestNames } from '@dmnn/foundation';
import type { Dataset } from '@dmnn/data';
import { type ClassSamples, type SampleImage, pngDataUri } from '@dmnn/report';
import type { ImageRecord } from './image-records.js';
import { pixelsOf } from './pixels-of.js';
import { shrunkPixels } from './shrunk-pixels.js';

/** Number of classes shown by default. */
const CLASSES = 3;
/** Images on each side, at most. */
const IMAGES = 5;

/** Error for a requested class that the data set does not have. */
function unknownClassError(name: string, suggestions: readonly string[]): DmnnError {
  const near = suggestions.length > 0 ? ` Did you mean ${suggestions.join(', ')}?` : '';
  return new DmnnError(
    'DMNN_UNKNOWN_CLASS',
    `class: expected one of the data's classes, got '${name}'.${near}`,
    { details: { suggestions } },
  );
}

/**
 * The easiest and hardest images of some classes, by cost.
 *
 * @param images - of the data set
 * @param classNames - classes to show; empty: the classes whose easy and hard images differ most in cost
 * @throws DmnnError `DMNN_UNKNOWN_CLASS` for a name that is not a class of the data
 * @see DMNN Fig. 6
 */
export async function classSamples(
  images: readonly ImageRecord[],
  dataset: Dataset,
  classNames: readonly string[],
): Promise<ClassSamples[]> {
  const sorted = imagesByCost(images);
  const labels = classNames.length > 0 ? classNames.map((name) => classOf(dataset, name)) : widest(sorted);
  const chosen = labels.flatMap((label) => {
    const own = sorted.get(label) ?? [];
    const count = shownOf(own);
    if (count === 0) return [];
    const className = dataset.classNames[label] as string;
    return [
      { className, images: own.length, easiest: own.slice(0, count), hardest: own.slice(-count).reverse() },
    ];
  });
  const shown = chosen.flatMap(({ easiest, hardest }) => [...easiest, ...hardest]);
  const pixels = await pixelsOf(
    dataset,
    shown.map(({ index }) => index),
  );
  const sample = ({ index, macs, label, predictedLabel }: ImageRecord): SampleImage => ({
    index,
    macs,
    predictedClass: dataset.classNames[predictedLabel] as string,
    isCorrect: predictedLabel === label,
    png: pngDataUri(shrunkPixels(pixels.get(index) as Uint8Array, dataset.imageSizePx)),
  });
  return chosen.map(({ easiest, hardest, ...one }) => ({
    ...one,
    easiest: easiest.map(sample),
    hardest: hardest.map(sample),
  }));
}

/** `[class]`: its images, cheapest first; of equal cost, in the data set's order. */
function imagesByCost(images: readonly ImageRecord[]): Map<number, ImageRecord[]> {
  const sorted = new Map<number, ImageRecord[]>();
  for (const image of [...images].sort((a, b) => a.macs - b.macs || a.index - b.index)) {
    const own = sorted.get(image.label);
    if (own) own.push(image);
    else sorted.set(image.label, [image]);
  }
  return sorted;
}

/** Number of images of a class shown on each side. */
function shownOf(images: readonly ImageRecord[]): number {
  return Math.min(IMAGES, Math.floor(images.length / 2));
}

function widest(sorted: ReadonlyMap<number, readonly ImageRecord[]>): number[] {
  const width = (images: readonly ImageRecord[]): number => {
    const count = shownOf(images);
    const sum = (part: readonly ImageRecord[]): number => part.reduce((total, { macs }) => total + macs, 0);
    return count === 0 ? 0 : (sum(images.slice(-count)) - sum(images.slice(0, count))) / count;
  };
  return [...sorted]
    .map(([label, images]) => ({ label, width: width(images) }))
    .sort((a, b) => b.width - a.width || a.label - b.label)
    .slice(0, CLASSES)
    .map(({ label }) => label);
}

/** @throws DmnnError `DMNN_UNKNOWN_CLASS` for the first name that is not a class of the data */
export function assertClasses(dataset: Dataset, classNames: readonly string[]): void {
  for (const name of classNames) classOf(dataset, name);
}

function classOf({ classNames }: Dataset, name: string): number {
  const label = classNames.indexOf(name);
  if (label >= 0) return label;
  throw unknownClassError(name, closestNames(name, classNames));
}
