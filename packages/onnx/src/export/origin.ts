import { type Architecture, validateArchitecture } from '@dmnn/architecture';
import { assertList, parseJson } from '@dmnn/foundation';
import type { CascadePart } from './cascade-part.js';
import { type CheckedOptions, type IfLayout, checkedOptions } from './export-options.js';

/** The metadata key of an {@link Origin}, as JSON. */
export const ORIGIN_KEY = 'dmnn.origin';

/** What a portable file with gates was written from, besides its numbers: enough to write it in another form. */
export interface Origin {
  readonly architecture: Architecture;
  readonly layout: IfLayout;
  /** Absent if it was the default. */
  readonly padChannelsTo?: number | undefined;
}

/** The origin that a file of an architecture stores. */
export function originOf(architecture: Architecture, { layout, padChannelsTo }: CheckedOptions): Origin {
  return { architecture, layout, padChannelsTo };
}

/** What a portable file of stages with gates was written from, besides its numbers and the settings in its description. */
export interface CascadeOrigin {
  readonly parts: readonly OriginPart[];
  readonly layout: IfLayout;
  readonly padChannelsTo?: number | undefined;
}

/** A network of a cascade without its weights. */
type OriginPart = Omit<CascadePart, 'weights'>;

/** The origin that a file of stages stores. */
export function cascadeOriginOf(
  parts: readonly OriginPart[],
  { layout, padChannelsTo }: CheckedOptions,
): CascadeOrigin {
  const own = parts.map(({ name, architecture, channelMeans, channelDeviations }) => ({
    name,
    architecture,
    channelMeans,
    channelDeviations,
  }));
  return { parts: own, layout, padChannelsTo };
}

/**
 * Reads the origin of a file of stages.
 *
 * @throws Error of an architecture or the options, if it is not one
 */
export function readCascadeOrigin(json: string): CascadeOrigin {
  const { parts, layout, padChannelsTo } = parseJson(json) as CascadeOrigin;
  assertList('parts', parts, 'a list of networks');
  const valid = parts.map((part) => ({ ...part, architecture: validateArchitecture(part.architecture) }));
  for (const { architecture } of valid) checkedOptions(architecture, { layout, padChannelsTo });
  return { parts: valid, layout, padChannelsTo };
}

/**
 * Reads the origin of a file.
 *
 * @throws Error of the architecture or the options, if it is not one
 */
export function readOrigin(json: string): Origin {
  const { architecture, layout, padChannelsTo } = parseJson(json) as Origin;
  const valid = validateArchitecture(architecture);
  checkedOptions(valid, { layout, padChannelsTo });
  return { architecture: valid, layout, padChannelsTo };
}
