import { type Architecture, validateArchitecture } from '@dmnn/architecture';
import { type CascadeSettings, combinations, confidenceMeasures } from '@dmnn/confidence';
import { assertList, kindOf } from '@dmnn/foundation';
import type { NetworkData } from '@dmnn/weights';
import { exportError } from './export-error.js';
import { channelProblems } from './description-problems.js';
import type { ExportOptions } from './export-options.js';
import type { ChannelLine } from './staged-graph.js';

/** A network of a cascade, and how its images are normalised: that of the first is that of the file's images. */
export interface CascadePart extends NetworkData {
  /** What the file calls it, such as a checkpoint at one of two settings. @defaultValue that of the architecture */
  readonly name?: string | undefined;
  /** `[channel]`: subtracted from an image. Absent if unknown, or all networks have the same. */
  readonly channelMeans?: readonly number[] | undefined;
  /** `[channel]`: by which what remains is divided. */
  readonly channelDeviations?: readonly number[] | undefined;
}

/** Where an image may stop. */
export interface PlacedStage {
  readonly part: number;
  /** Absent for the head. */
  readonly exit?: number;
}

/** The stages of networks in their order: the exits of each, then its head. */
export function stagesOf(architectures: readonly Architecture[]): PlacedStage[] {
  return architectures.flatMap(({ exits = [] }, part) => [
    ...exits.map((_, exit) => ({ part, exit })),
    { part },
  ]);
}

/**
 * Checks that networks fit each other and their settings.
 *
 * @throws DmnnError `DMNN_EXPORT` listing every problem
 * @throws ArchitectureError if one is invalid
 */
export function checkedParts<Part extends CascadePart>(
  parts: readonly Part[],
  settings: CascadeSettings,
  { imageSizePx, preparation }: ExportOptions,
): Part[] {
  assertList('parts', parts, 'a list of networks');
  const valid = parts.map((part) => ({ ...part, architecture: validateArchitecture(part.architecture) }));
  const architectures = valid.map(({ architecture }) => architecture);
  const problems = [
    ...sameProblems(architectures, imageSizePx),
    ...normalisationProblems(valid),
    ...settingsProblems(settings, stagesOf(architectures).length),
  ];
  const [first] = valid;
  if (preparation && first?.channelMeans && first.channelDeviations) {
    const { channelMeans, channelDeviations } = preparation;
    const [got, expected] = [{ channelMeans, channelDeviations }, first].map(
      (each) => `${each.channelMeans?.join(', ') ?? ''} ± ${each.channelDeviations?.join(', ') ?? ''}`,
    );
    if (got !== expected)
      problems.push(
        `preparation: expected the normalisation of the first network, ${expected ?? ''}, got ${got ?? ''}`,
      );
  }
  if (problems.length === 0) return valid;
  const names = architectures.map(({ name }) => name).join(', ');
  throw exportError(
    `cascade of ${names === '' ? 'nothing' : names}`,
    problems,
    'See exportCascade of @dmnn/onnx.',
  );
}

function sameProblems(architectures: readonly Architecture[], imageSizePx: number | undefined): string[] {
  const [first, ...others] = architectures;
  const stages = stagesOf(architectures).length;
  if (!first || stages < 2) {
    return [
      `parts: expected at least two networks, or one with exits, got ${first ? `${first.name} without exits` : 'none'}`,
    ];
  }
  const { name, inChannels, head } = first;
  const problems: string[] = [];
  if (head.classes < 2)
    problems.push(`classes: expected at least 2, between which a network can be sure, got ${head.classes}`);
  for (const [index, other] of others.entries()) {
    const differs = (what: string, expected: number, got: number, remedy = '') => {
      if (expected === got) return;
      problems.push(
        `parts[${index + 1}]: expected ${what}, ${expected}, as in ${name}, got ${got} of ${other.name}${remedy}`,
      );
    };
    differs('as many classes', head.classes, other.head.classes);
    differs('images of as many channels', inChannels, other.inChannels);
    if (imageSizePx === undefined) {
      const remedy = ' (imageSizePx runs all at one size)';
      differs('images of the same side in pixels', first.imageSizePx, other.imageSizePx, remedy);
    }
  }
  return problems;
}

function normalisationProblems(parts: readonly CascadePart[]): string[] {
  const known = parts.filter(({ channelMeans, channelDeviations }) => channelMeans ?? channelDeviations);
  if (known.length === 0) return [];
  return parts.flatMap(({ architecture, channelMeans, channelDeviations }, index) =>
    channelMeans === undefined && channelDeviations === undefined
      ? [
          `parts[${index}]: expected channelMeans and channelDeviations, as another network has them, got none of ${architecture.name}`,
        ]
      : channelProblems(`parts[${index}]`, { channelMeans, channelDeviations }, architecture.inChannels),
  );
}

function settingsProblems(settings: unknown, stages: number): string[] {
  if (typeof settings !== 'object' || settings === null)
    return [
      `settings: expected an object with by, combine, temperatures and thresholds, got ${kindOf(settings)}`,
    ];
  const { by, combine, temperatures, thresholds } = settings as { readonly [key: string]: unknown };
  const oneOf = (name: string, values: readonly string[], got: unknown) =>
    values.some((each) => each === got)
      ? []
      : [`${name}: expected ${values.map((each) => `'${each}'`).join(' or ')}, got ${textOf(got)}`];
  return [
    ...oneOf('by', confidenceMeasures, by),
    ...oneOf('combine', combinations, combine),
    ...numberProblems(
      'temperatures',
      temperatures,
      stages,
      'numbers > 0, one for each exit and each network',
      (value) => value > 0 && value < Infinity,
    ),
    ...thresholdProblems(thresholds, stages),
  ];
}

/** Lists the problems with thresholds, one line each. @param stages - in all */
export function thresholdProblems(thresholds: unknown, stages: number): string[] {
  return numberProblems(
    'thresholds',
    thresholds,
    Math.max(0, stages - 1),
    'numbers from 0 to 1, one for each stage except the last',
    (value) => value >= 0 && value <= 1,
  );
}

function numberProblems(
  name: string,
  got: unknown,
  count: number,
  what: string,
  fits: (value: number) => boolean,
): string[] {
  const own: readonly unknown[] | undefined = Array.isArray(got) ? got : undefined;
  if (own?.length === count && own.every((value) => typeof value === 'number' && fits(value))) return [];
  return [`${name}: expected ${count} ${what}, got ${textOf(got)}`];
}

function textOf(value: unknown): string {
  return typeof value === 'string' || Array.isArray(value) ? JSON.stringify(value) : kindOf(value);
}

/** Means and deviations of channels, if known. */
type Normalisation = Pick<CascadePart, 'channelMeans' | 'channelDeviations'>;

/**
 * The line that takes an image from the normalisation of one network to that of another.
 *
 * @returns undefined if they are the same
 */
export function lineBetween(from: Normalisation, to: Normalisation): ChannelLine | undefined {
  const [means = [], deviations = []] = [from.channelMeans, from.channelDeviations];
  const [ownMeans = [], ownDeviations = []] = [to.channelMeans, to.channelDeviations];
  if (means.join() === ownMeans.join() && deviations.join() === ownDeviations.join()) return undefined;
  const own = (c: number) => ownDeviations[c] as number;
  return {
    slopes: Float32Array.from(deviations, (deviation, c) => deviation / own(c)),
    offsets: Float32Array.from(means, (mean, c) => (mean - (ownMeans[c] as number)) / own(c)),
  };
}
