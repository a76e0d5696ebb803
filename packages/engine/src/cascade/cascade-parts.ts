import type { CascadeSettings } from '@dmnn/confidence';
import { kindOf } from '@dmnn/foundation';
import type { NetworkData } from '@dmnn/weights';
import { engineError } from '../errors/engine-error.js';
import { assertSettings } from '../exits/assert-settings.js';

/** A network of a cascade, and how its images are normalised. */
export interface EngineCascadePart extends NetworkData {
  /** `[channel]`: subtracted from an image. Absent if all networks have the same. */
  readonly channelMeans?: readonly number[] | undefined;
  /** `[channel]`: by which what remains is divided. */
  readonly channelDeviations?: readonly number[] | undefined;
}

/** A cascade as `cascade` and `openCascade` of `@dmnn/runs` give it. */
export interface EngineCascadeData {
  /** In their order. */
  readonly parts: readonly EngineCascadePart[];
  /** Of all stages: of each network its exits, then its head. */
  readonly settings: CascadeSettings;
}

const REMEDY = 'Pass what cascade or openCascade of @dmnn/runs gives.';

/**
 * Checks that networks fit each other and their settings.
 *
 * @throws DmnnError `DMNN_ENGINE`
 */
export function assertCascade({ parts, settings }: EngineCascadeData): void {
  const given: unknown = parts;
  if (!Array.isArray(given))
    throw engineError(`parts: expected a list of networks, got ${kindOf(given)}`, REMEDY);
  const stages = parts.reduce((sum, { architecture }) => sum + (architecture.exits?.length ?? 0) + 1, 0);
  if (stages < 2) {
    throw engineError(
      `parts: expected at least two networks, or one with exits, got ${parts.length}`,
      'openEngine opens a network alone.',
    );
  }
  const [first] = parts as readonly [EngineCascadePart, ...EngineCascadePart[]];
  for (const [at, { architecture }] of parts.entries()) {
    const pairs = [
      ['classes', first.architecture.head.classes, architecture.head.classes],
      ['channels of an image', first.architecture.inChannels, architecture.inChannels],
    ] as const;
    for (const [what, expected, got] of pairs) {
      if (expected === got) continue;
      throw engineError(
        `parts[${at}]: expected the ${expected} ${what} of ${first.architecture.name}, got ${got} of ${architecture.name}`,
        'Networks of a cascade answer the same question.',
      );
    }
    const { inChannels, name } = architecture;
    for (const key of ['channelMeans', 'channelDeviations'] as const) {
      const own = parts[at]?.[key];
      if (own === undefined && first[key] === undefined) continue;
      const fits =
        own?.length === inChannels &&
        own.every((each) => Number.isFinite(each) && (key === 'channelMeans' || each > 0));
      if (fits) continue;
      const expected = key === 'channelMeans' ? 'numbers' : 'numbers above 0';
      throw engineError(
        `parts[${at}].${key}: expected ${inChannels} ${expected}, as ${first[key] === undefined ? 'images have channels' : `${first.architecture.name} has them`}, got ${own === undefined ? 'none' : `[${own.join(', ')}]`} of ${name}`,
        REMEDY,
      );
    }
  }
  assertSettings('settings', settings, stages, {
    temperatures: 'one for each stage',
    thresholds: 'one for each stage but the last',
  });
}

/**
 * An image in the normalisation of another network of its cascade.
 *
 * @param channelOf - the channel of number i of an image
 * @returns the same image if they have the same
 */
export function normalisedFor(
  image: Float32Array,
  from: EngineCascadePart,
  to: EngineCascadePart,
  channelOf: (i: number) => number,
): Float32Array {
  const { channelMeans: means, channelDeviations: deviations } = from;
  const { channelMeans: ownMeans = means, channelDeviations: ownDeviations = deviations } = to;
  if (!means || !deviations || !ownMeans || !ownDeviations) return image;
  if (means.join() === ownMeans.join() && deviations.join() === ownDeviations.join()) return image;
  return image.map((value, i) => {
    const c = channelOf(i);
    const plain = value * (deviations[c] as number) + (means[c] as number);
    return (plain - (ownMeans[c] as number)) / (ownDeviations[c] as number);
  });
}
