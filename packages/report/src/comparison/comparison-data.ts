import { DmnnError } from '@dmnn/foundation';

/** What {@link comparisonHtml} shows, as plain data. */
export interface ComparisonData {
  /** Heading of the page. */
  readonly title: string;
  /** What was done and what came out, in sentences. */
  readonly paragraphs: readonly string[];
  readonly systems: readonly ComparedSystem[];
  /** The error of choosing images at random, in percent, at the mean cost of the system whose place this is; null for none. */
  readonly control: ComparedSystem | null;
  /** Test images by the place where they stopped, in the order of the places. */
  readonly places: readonly StoppingPlace[];
}

/** A system on the test images. */
export interface ComparedSystem {
  readonly name: string;
  readonly topOneErrorPercent: number;
  /** Mean multiply–accumulates of an image. */
  readonly meanMacs: number;
  /** Mean time of an image alone; null if it was not measured. */
  readonly msPerImage: number | null;
}

/** A place where images of a cascade stop. */
export interface StoppingPlace {
  /** `cifar-resnet8-0.25` */
  readonly name: string;
  /** Fraction of all test images. */
  readonly share: number;
  readonly topOneErrorPercent: number;
  /** Some of them. */
  readonly images: readonly StoppedImage[];
}

/** An image and what was answered. */
export interface StoppedImage {
  readonly className: string;
  readonly predictedClass: string;
  readonly isCorrect: boolean;
  /** The first network's, in [0, 1]. */
  readonly confidence: number;
  /** The image as a `data:` URI, see {@link pngDataUri}. */
  readonly png: string;
}

/** @throws DmnnError `DMNN_REPORT_DATA` if a number is not finite or there is nothing to compare */
export function assertComparison({ systems, control, places }: ComparisonData): void {
  const all = [...systems, ...(control ? [control] : [])];
  const numbers = [
    ...all.flatMap((each) => [each.topOneErrorPercent, each.meanMacs, each.msPerImage ?? 0]),
    ...places.flatMap((each) => [
      each.share,
      each.topOneErrorPercent,
      ...each.images.map(({ confidence }) => confidence),
    ]),
  ];
  const wrong = numbers.find((value) => !Number.isFinite(value));
  if (systems.length > 0 && wrong === undefined) return;
  throw new DmnnError(
    'DMNN_REPORT_DATA',
    systems.length === 0
      ? 'systems: expected at least one, got none'
      : `systems and places: expected finite numbers, got ${String(wrong)}`,
  );
}
