import { editDistance } from './edit-distance.js';

/**
 * The name that was probably meant: the closest one by single-letter edits, if close enough for its length. Stricter
 * than `closestNames`, which suggests several: use it when all valid keys are known.
 *
 * Case is ignored, and so are `-` and `_`.
 *
 * @returns `undefined` if no candidate is within a third of the name's length, or within one edit
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
