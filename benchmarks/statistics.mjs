// Numbers of alternating rounds, and the one ratio that is reported of them.
import jstat from 'jstat';

/** The middle value, or the mean of the two in the middle. */
export function median(values) {
  if (values.length === 0) throw new RangeError('values: expected at least one number, got none');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Between which the median of what values are drawn from lies with a probability of at least 95 %, whatever its
 * distribution: the k-th smallest and the k-th largest value, k as large as the binomial distribution allows.
 *
 * @param {readonly number[]} values - independent of each other
 * @returns {[number, number] | null} null for fewer than 6, which no such interval can be had of
 * @see David & Nagaraja 2003, Order Statistics, §7.1
 */
export function medianInterval(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const { length } = sorted;
  let k = 0;
  while (2 * jstat.binomial.cdf(k, length, 0.5) <= 0.05) k++; // that at most k of the values lie below the median
  return k === 0 ? null : [sorted[k - 1], sorted[length - k]];
}

/**
 * What a side measured, over all rounds.
 *
 * @param {readonly (readonly number[])[]} rounds - `[round][measurement]`
 */
export function summarise(rounds) {
  const values = rounds.flat();
  const wrong = values.find((value) => !(value > 0 && value < Infinity));
  if (wrong !== undefined) throw new RangeError(`measurements: expected numbers > 0, got ${wrong}`);
  return { minimum: Math.min(...values), median: median(values) };
}

/**
 * Our time over the peer's, of the minima and of the medians; null where there is no peer.
 *
 * @param {{ minimum: number, median: number }} ours
 * @param {{ minimum: number, median: number } | null} peer
 */
export function ratios(ours, peer) {
  return peer === null
    ? { ratio: null, ratioOfMedians: null }
    : { ratio: ours.minimum / peer.minimum, ratioOfMedians: ours.median / peer.median };
}

/**
 * The part of a whole that is left when something is taken out: `whole` was measured with it, `rest` without.
 *
 * @param {{ minimum: number, median: number }} whole
 * @param {{ minimum: number, median: number }} rest
 */
export function takenOut(whole, rest) {
  return { minimum: whole.minimum - rest.minimum, median: whole.median - rest.median };
}

/**
 * How much of a saving in multiply–accumulates is one in time: 1 if all of it. Of the minima and of the medians; null where
 * there is no peer.
 *
 * @param {{ minimum: number, median: number }} ours
 * @param {{ minimum: number, median: number } | null} peer
 * @param {number} macsShare - ours over the peer's
 */
export function efficiencies(ours, peer, macsShare) {
  return peer === null
    ? { ratio: null, ratioOfMedians: null }
    : {
        ratio: (macsShare * peer.minimum) / ours.minimum,
        ratioOfMedians: (macsShare * peer.median) / ours.median,
      };
}
