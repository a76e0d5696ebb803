// Systems compared over their seeds, and what chance is in that.
import { blockDeviation, halfInterval, mean, pooledDeviation } from '../seed-statistics.mjs';
import { measured } from './finished-runs.mjs';
import { study } from './study.mjs';

/** @typedef {import('./study.mjs').StudyName} StudyName */
/** @typedef {import('./finished-runs.mjs').Measured} Measured */
/** @typedef {import('../seed-statistics.mjs').Deviation} Deviation */
/** @typedef {{ error: number, macs: number, variance: number, seeds: string }} Centre `variance`: in units of one run's */

/** @param {StudyName} name */
const systemsOf = (name) =>
  Object.keys({ ...study.systems, ...study.ablation })
    .map((key) => measured(name, key))
    .filter((runs) => runs.length > 0);

/**
 * The standard deviation that another seed makes, estimated from all systems that have several: single seeds of others
 * are then not without any measure of chance. Those that begin with the same networks are good or bad together, and count
 * as one.
 *
 * @param {StudyName} name @returns {Deviation}
 */
function seedDeviation(name) {
  const errorsOf = (/** @type {boolean} */ isBegun) =>
    systemsOf(name)
      .filter(([first]) => first?.isBegun === isBegun)
      .map((runs) => runs.map(({ error }) => error));
  return pooledDeviation([...errorsOf(false).map((errors) => [errors]), errorsOf(true)]);
}

/**
 * The standard deviation of a run compared with others that begin with the same network.
 *
 * @param {StudyName} name @returns {Deviation}
 */
function pairedDeviation(name) {
  const groups = systemsOf(name).filter((runs) => runs.length > 1 && runs[0]?.isBegun);
  const seeds = groups[0]?.map(({ seed }) => seed).filter((seed) => groups.every(hasSeed(seed))) ?? [];
  return blockDeviation(
    groups.map((runs) => runs.filter(({ seed }) => seeds.includes(seed)).map(({ error }) => error)),
  );
}

const hasSeed = (/** @type {number} */ seed) => (/** @type {Measured[]} */ runs) =>
  runs.some((run) => run.seed === seed);

/** What chance is in a study: of a system alone, and of those compared seed by seed. */
export function deviations(/** @type {StudyName} */ name) {
  return { alone: seedDeviation(name), paired: pairedDeviation(name) };
}

/**
 * A claim, held against the runs.
 *
 * @param {StudyName} name @param {import('./study.mjs').Claim} claim @param {{ alone: Deviation, paired: Deviation }} chance
 * @returns {{ ours: Centre, other: Centre, isPaired: boolean, difference: number, interval: number } | undefined} undefined
 *   if nothing was run for it; `interval`: half of one of 95 %, Infinity if nothing is known of chance
 */
export function compared(name, { of, than, at }, { alone, paired }) {
  const isLine = than === 'narrowed';
  let [runs, others] = [measured(name, of), isLine ? [] : measured(name, than, at)];
  const isPaired = !isLine && [...runs, ...others].every(({ isBegun }) => isBegun);
  if (isPaired) [runs, others] = [ofSeeds(runs, others), ofSeeds(others, runs)];
  const ours = centreOf(runs);
  const other = isLine ? ours && lineAt(name, study.narrowed, ours.macs) : centreOf(others);
  if (!ours || !other) return undefined;
  const interval = halfInterval(isPaired ? paired : alone, ours.variance + other.variance);
  return { ours, other, isPaired, difference: ours.error - other.error, interval };
}

/** Runs of the seeds that another system has too. @param {Measured[]} runs @param {Measured[]} others */
const ofSeeds = (runs, others) => runs.filter(({ seed }) => hasSeed(seed)(others));

/** The mean of runs. @param {Measured[]} runs @returns {Centre | undefined} */
function centreOf(runs) {
  if (runs.length === 0) return undefined;
  return {
    error: mean(runs.map(({ error }) => error)),
    macs: mean(runs.map(({ macs }) => macs)),
    variance: 1 / runs.length,
    seeds: String(runs.length),
  };
}

/**
 * What networks of increasing cost would have between them, on straight lines, at a cost that none of them has.
 *
 * @param {StudyName} name @param {string[]} keys @param {number} macs @returns {Centre | undefined}
 */
function lineAt(name, keys, macs) {
  const points = keys.flatMap((key) => centreOf(measured(name, key)) ?? []);
  const next = points.findIndex((point) => point.macs >= macs);
  const [low, high] = [points[next - 1], points[next]];
  if (!low || !high) return undefined;
  const share = (macs - low.macs) / (high.macs - low.macs);
  return {
    error: (1 - share) * low.error + share * high.error,
    macs,
    variance: (1 - share) ** 2 * low.variance + share ** 2 * high.variance,
    seeds: `${low.seeds} and ${high.seeds}`,
  };
}
