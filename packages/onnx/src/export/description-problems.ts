import type { ImagePreparation } from '@dmnn/architecture';

/** Optional facts about a file's classes and images. */
export interface ImageFacts {
  readonly classNames?: readonly string[] | undefined;
  readonly preparation?: ImagePreparation | undefined;
}

/** The part of an architecture that such facts must fit. */
interface Ends {
  readonly inChannels: number;
  readonly head: { readonly classes: number };
}

/** Lists the problems with the given facts about classes and images, one line each. */
export function descriptionProblems(
  { head, inChannels }: Ends,
  imageSizePx: number,
  { classNames, preparation }: ImageFacts,
): string[] {
  return [
    ...(classNames === undefined ? [] : nameProblems(classNames, head.classes)),
    ...(preparation === undefined ? [] : preparationProblems(preparation, inChannels, imageSizePx)),
  ];
}

function nameProblems(names: unknown, classes: number): string[] {
  const own: readonly unknown[] | undefined = Array.isArray(names) ? names : undefined;
  if (own?.length === classes && own.every((name) => typeof name === 'string')) return [];
  return [`classNames: expected ${classes} strings, got ${own ? `${own.length} values` : typeof names}`];
}

function preparationProblems(preparation: unknown, channels: number, imageSizePx: number): string[] {
  if (typeof preparation !== 'object' || preparation === null) {
    return [`preparation: expected an object, got ${String(preparation)}`];
  }
  const { shorterSidePx, ...normalisation } = preparation as { [key: string]: unknown };
  const problems: string[] = [];
  if (!Number.isSafeInteger(shorterSidePx) || (shorterSidePx as number) < imageSizePx) {
    problems.push(
      `preparation.shorterSidePx: expected a whole number of pixels, at least the image's ${imageSizePx}, got ${String(shorterSidePx)}`,
    );
  }
  return [...problems, ...channelProblems('preparation', normalisation, channels)];
}

/** Lists the problems with means and deviations of an image's channels. */
export function channelProblems(
  name: string,
  { channelMeans, channelDeviations }: { readonly [key: string]: unknown },
  channels: number,
): string[] {
  const problems: string[] = [];
  if (!areNumbers(channelMeans, channels, Number.isFinite)) {
    problems.push(
      `${name}.channelMeans: expected ${channels} finite numbers, got ${JSON.stringify(channelMeans)}`,
    );
  }
  if (!areNumbers(channelDeviations, channels, (value) => value > 0 && value < Infinity)) {
    problems.push(
      `${name}.channelDeviations: expected ${channels} finite numbers > 0, got ${JSON.stringify(channelDeviations)}`,
    );
  }
  return problems;
}

function areNumbers(values: unknown, count: number, fits: (value: number) => boolean): boolean {
  if (!Array.isArray(values) || values.length !== count) return false;
  return values.every((value) => typeof value === 'number' && fits(value));
}
