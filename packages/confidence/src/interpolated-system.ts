import { assertList, kindOf } from '@dmnn/foundation';
import { meanOf } from './cascade-answers.js';

/** A system as its images show it. */
export interface MeasuredSystem {
  /** `[image]`: 1 where it is wrong, or the probability of that. */
  readonly wrong: ArrayLike<number>;
  /** Mean cost of an image. */
  readonly meanCost: number;
}

/** What a random choice between two systems reaches at a cost. */
export interface InterpolatedSystem {
  /** `[image]`: probability that it is wrong. */
  readonly wrong: Float64Array;
  readonly errorPercent: number;
  /** The one asked for; less if every system costs less. */
  readonly meanCost: number;
  /** One or two systems, by their index, and the share of the images that each gets. */
  readonly mix: readonly { readonly system: number; readonly share: number }[];
}

/**
 * Static systems at the cost of another: the line between the two neighbours in cost, the most expensive that costs no more and the
 * cheapest that costs more, as a random share of the images under each would give. Of equal costs the one with fewer errors.
 *
 * Unlike `randomControl` it does not look for the best mixture of any two on these images.
 *
 * @returns undefined if every system costs more
 * @throws RangeError if there is no system, their images differ in number, or a cost is not a number
 * @example
 * ```ts
 * import { interpolatedSystem } from '@dmnn/confidence';
 *
 * const small = { wrong: [1, 0, 1, 0], meanCost: 40 };
 * const large = { wrong: [0, 0, 1, 0], meanCost: 120 };
 * const between = interpolatedSystem([small, large], 60);
 * console.log(between?.errorPercent, between?.mix); // => 43.75 [ { system: 0, share: 0.75 }, { system: 1, share: 0.25 } ]
 * ```
 */
export function interpolatedSystem(
  systems: readonly MeasuredSystem[],
  meanCost: number,
): InterpolatedSystem | undefined {
  assertList('systems', systems, 'at least one system');
  const [first] = systems;
  if (!first) throw new RangeError('systems: expected at least one, got none');
  if (typeof meanCost !== 'number' || !Number.isFinite(meanCost))
    throw new RangeError(`meanCost: expected a number, got ${kindOf(meanCost)}`);
  const known = systems.map(({ wrong, meanCost: cost }, system) => {
    if (wrong.length !== first.wrong.length || wrong.length === 0)
      throw new RangeError(
        `systems[${system}].wrong: expected one for each of ${first.wrong.length} images, at least one, got ${wrong.length}`,
      );
    if (!Number.isFinite(cost))
      throw new RangeError(`systems[${system}].meanCost: expected a number, got ${kindOf(cost)}`);
    return { system, wrong, cost, error: meanOf(wrong) };
  });
  const order = [...known].sort((a, b) => b.cost - a.cost || a.error - b.error);
  const limit = meanCost * (1 + 1e-12);
  const low = order.find(({ cost }) => cost <= limit);
  if (!low) return undefined;
  const above = order.filter(({ cost }) => cost > limit);
  const high = above.find(({ cost }) => cost === above.at(-1)?.cost);
  const share = high ? Math.max(0, (meanCost - low.cost) / (high.cost - low.cost)) : 0;
  const wrong = Float64Array.from({ length: low.wrong.length }, (_, image) => {
    const own = low.wrong[image] as number;
    return high ? (1 - share) * own + share * (high.wrong[image] as number) : own;
  });
  return {
    wrong,
    errorPercent: 100 * meanOf(wrong),
    meanCost: high ? (1 - share) * low.cost + share * high.cost : low.cost,
    mix: [
      { system: low.system, share: 1 - share },
      ...(high && share > 0 ? [{ system: high.system, share }] : []),
    ],
  };
}
