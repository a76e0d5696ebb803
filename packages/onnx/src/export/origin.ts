import { type Architecture, validateArchitecture } from '@dmnn/architecture';
import { parseJson } from '@dmnn/foundation';
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
