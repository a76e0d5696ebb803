// The claims about measured times of cascades, from the newest results of `npm run bench` that have them.
import { benchmarks } from '../../benchmarks/benchmarks.mjs';
import { newestResult } from '../../benchmarks/results-file.mjs';
import { median, medianInterval } from '../../benchmarks/statistics.mjs';

/** Benchmarks by the ids of their claims. The most that a ratio may be is the benchmark's own goal. */
const rows = {
  'cascade-cifar10-time': { name: 'cascade-cifar-resnet20-56-engine', where: 'compiled engine' },
  'cascade-cifar10-time-onnx': { name: 'cascade-cifar-resnet20-56-onnx', where: 'ONNX Runtime' },
};

/** @typedef {import('../../benchmarks/results-file.mjs').TimedResult} TimedResult */
/** @typedef {{ claim: import('./claims.mjs').Claim, name: string, date: string, result: TimedResult }} TimeClaim */

/**
 * Claims of the times that were measured, those of others left out: the ratio of the minima, as in the table of
 * docs/benchmarks.md. The interval is that of the median of the rounds' ratios, since a minimum has none of its own.
 *
 * @param {string} directory of results files
 * @returns {TimeClaim[]}
 */
export function timeClaims(directory) {
  return Object.entries(rows).flatMap(([id, { name, where }]) => {
    const found = newestResult(directory, name);
    if (!found) return [];
    const { file, date, result } = found;
    const { goal } = benchmarks.find((one) => one.name === name) ?? {};
    const most = Number(/^≤ ([\d.]+)$/.exec(goal ?? '')?.[1]);
    if (!(most > 0))
      throw new RangeError(`${name}: expected a benchmark whose goal is ≤ a number, got ${goal}`);
    const value = rounded(result.ratio);
    const interval = medianInterval(roundRatios(result));
    const claim = {
      ...{
        id,
        claim: `CIFAR ResNet-20 then ResNet-56, as many go on, batch 1, ${where}: least time over that of ResNet-56 alone`,
        value,
      },
      interval: interval && rounded((interval[1] - interval[0]) / 2),
      ...{ unit: '1', seeds: 1, reach: `≤ ${most}`, met: value <= most },
      log: `../../benchmarks/results/${file}`,
    };
    return [{ claim, name, date, result }];
  });
}

/** Of each round, our least time over the peer's. @param {TimedResult} result */
function roundRatios({ name, samples: { ours, peer } }) {
  if (ours.length !== peer.length)
    throw new RangeError(
      `${name}: expected as many rounds of both sides, got ${ours.length} and ${peer.length}`,
    );
  return ours.map((times, round) => Math.min(...times) / Math.min(...(peer[round] ?? [])));
}

const rounded = (/** @type {number} */ value) => Number(value.toFixed(3));

/** What the claims leave out, as Markdown. @param {readonly TimeClaim[]} claims */
export function timesText(claims) {
  if (claims.length === 0)
    return 'No time of a cascade is among the committed results of `npm run bench` yet.';
  const lines = claims.map(({ name, date, result }) => {
    const { ours, peer, unit, ratioOfMedians, note } = result;
    const ratios = roundRatios(result);
    const figures = [ours, peer, median(ratios), ratioOfMedians].map((value) => value.toFixed(3));
    const disturbed = note === undefined ? '' : ` Disturbed: ${note}.`;
    return `- \`${name}\`, ${date}, ${ratios.length} rounds: ${figures[0]} over ${figures[1]} ${unit}; median of the rounds' ratios ${figures[2]}, ratio of the medians ${figures[3]}.${disturbed}`;
  });
  return lines.join('\n');
}
