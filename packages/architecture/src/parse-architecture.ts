import { parseJson } from '@dmnn/foundation';
import { ArchitectureError } from './architecture-error.js';
import type { Architecture } from './architecture.js';
import { validateArchitecture } from './validate-architecture.js';

/**
 * Parses an architecture from JSON and checks it. Keys must be unique.
 *
 * `parseArchitecture(JSON.stringify(a))` is the same network as `a`.
 *
 * @param json - a text, or the bytes of a file, with or without a byte order mark
 * @throws ArchitectureError if the text is not JSON, or not an architecture (see {@link validateArchitecture})
 * @example
 * ```ts
 * import { parseArchitecture } from '@dmnn/architecture';
 *
 * const architecture = parseArchitecture(`{
 *   "name": "average-colour", "imageSizePx": 32, "inChannels": 3,
 *   "stem": { "units": [] }, "stages": [], "head": { "units": [], "inFeatures": 3, "classes": 10 }
 * }`);
 * console.log(architecture.head.classes); // => 10
 * ```
 */
export function parseArchitecture(json: string | Uint8Array): Architecture {
  let value: unknown;
  try {
    value = parseJson(json);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ArchitectureError(
      'architecture',
      [`json: expected JSON text: ${reason}`],
      'Pass the text of one JSON object.',
    );
  }
  return validateArchitecture(value);
}
