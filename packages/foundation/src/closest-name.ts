import { editDistance } from './edit-distance.js';

/**
 * The name that was probably meant: the nearest by single-letter edits, if near enough for its length. Stricter than
 * `closestNames`, which suggests several: for keys that are known for certain.
 *
 * Case is ignored, and so are `-` and `_`.
 *
 * @returns undefined if none is within a third of its length, or one edit
 * @example
 * ```ts
 * import { closestName } from '@dmnn/foundation';
 *
 * console.log(closestName('kernalSize', ['kernelSize', 'stride'])); // => kernelSize
 * ```
 */
export function closestName(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(name, candidate);
    if (distance < least && distance <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}
