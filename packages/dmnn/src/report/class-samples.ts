import { closestNames } from '@dmnn/backbones';
import type { ImageDataset } from '@dmnn/data';
import { type ClassSamples, type SampleImage, pngDataUri } from '@dmnn/report';
import type { Evaluation } from '@dmnn/trainer';
import { isCorrect } from './category-rates.js';
import { shrunkPixels } from './shrunk-pixels.js';

/** Classes that are shown where none is named. */
const CLASSES = 3;
/** Images on each side, at most. */
const IMAGES = 5;

/** A class that was asked for is none of the data's. */
export class UnknownClassError extends Error {
  /** Stable name of this kind of error. */
  readonly code = 'DMNN_UNKNOWN_CLASS';
  /** Names near the one given, nearest first. */
  readonly suggestions: readonly string[];

  constructor(name: string, suggestions: readonly string[]) {
    const near = suggestions.length > 0 ? ` Did you mean ${suggestions.join(', ')}?` : '';
    super(`class: expected one of the data's classes, got '${name}'.${near}`);
    this.name = 'UnknownClassError';
    this.suggestions = suggestions;
  }
}

/**
 * The easiest and hardest images of some classes, by cost.
 *
 * @param dataset - whose images were evaluated, all of them
 * @param classNames - which; none asks for the classes whose easy and hard images lie furthest apart
 * @throws UnknownClassError for a name that is none of the data's
 * @see DMNN Fig. 6
 */
export function classSamples(
  evaluation: Evaluation,
  dataset: ImageDataset,
  classNames: readonly string[],
): ClassSamples[] {
  const sorted = imagesByCost(evaluation, dataset);
  const chosen = classNames.length > 0 ? classNames.map((name) => classOf(dataset, name)) : widest(sorted, evaluation); // prettier-ignore
  return chosen.flatMap((label) => {
    const images = sorted.get(label) ?? [];
    const count = Math.min(IMAGES, Math.floor(images.length / 2));
    if (count === 0) return [];
    const shown = (index: number): SampleImage => sampleImage(evaluation, dataset, index);
    return [
      {
        className: dataset.classNames[label] as string,
        images: images.length,
        easiest: images.slice(0, count).map(shown),
        hardest: images.slice(-count).reverse().map(shown),
      },
    ];
  });
}

/** `[class]`: indices of its images, cheapest first; of equal cost, in the data set's order. */
function imagesByCost({ images, perImageMacs }: Evaluation, dataset: ImageDataset): Map<number, number[]> {
  const order = Array.from({ length: images }, (_, index) => index).sort(
    (a, b) => (perImageMacs[a] as number) - (perImageMacs[b] as number) || a - b,
  );
  const sorted = new Map<number, number[]>();
  for (const index of order) {
    const label = dataset.label(index);
    const own = sorted.get(label);
    if (own) own.push(index);
    else sorted.set(label, [index]);
  }
  return sorted;
}

function widest(sorted: ReadonlyMap<number, readonly number[]>, { perImageMacs }: Evaluation): number[] {
  const width = (images: readonly number[]): number => {
    const count = Math.min(IMAGES, Math.floor(images.length / 2));
    const sum = (part: readonly number[]): number =>
      part.reduce((total, index) => total + (perImageMacs[index] as number), 0);
    return count === 0 ? 0 : (sum(images.slice(-count)) - sum(images.slice(0, count))) / count;
  };
  return [...sorted]
    .map(([label, images]) => ({ label, width: width(images) }))
    .sort((a, b) => b.width - a.width || a.label - b.label)
    .slice(0, CLASSES)
    .map(({ label }) => label);
}

function classOf({ classNames }: ImageDataset, name: string): number {
  const label = classNames.indexOf(name);
  if (label >= 0) return label;
  throw new UnknownClassError(name, closestNames(name, classNames));
}

function sampleImage(evaluation: Evaluation, dataset: ImageDataset, index: number): SampleImage {
  return {
    index,
    macs: evaluation.perImageMacs[index] as number,
    predictedClass: dataset.classNames[evaluation.predictions[index] as number] as string,
    isCorrect: isCorrect(evaluation, dataset, index),
    png: pngDataUri(shrunkPixels(dataset.pixels(index), dataset.imageSizePx)),
  };
}
