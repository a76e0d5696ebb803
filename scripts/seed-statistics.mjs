// What chance is in the errors of runs of several seeds. Deviations come with their degrees of freedom; 0 of them: unknown.
import jstat from 'jstat';

/** @typedef {{ deviation: number, freedom: number }} Deviation `deviation` is NaN without any freedom */

export const mean = (/** @type {readonly number[]} */ values) => sum(values) / values.length;

/**
 * The standard deviation of a value, the same in all systems, pooled over them.
 *
 * @param {readonly (readonly (readonly number[])[])[]} groups - of systems that are good or bad together, each system with a
 *   value for each seed: a group counts as one
 * @returns {Deviation}
 */
export function pooledDeviation(groups) {
  const parts = groups
    .map((systems) => systems.filter(({ length }) => length > 1))
    .filter(({ length }) => length > 0)
    .map((systems) => ({
      squares: mean(systems.map(squaresAboutMean)),
      freedom: mean(systems.map(({ length }) => length - 1)),
    }));
  return deviationOf(sum(parts.map(({ squares }) => squares)), sum(parts.map(({ freedom }) => freedom)));
}

/**
 * The standard deviation of what is left of values without the means of their systems and of their seeds: the error of a
 * randomised complete block design, with the seeds as blocks.
 *
 * @param {readonly (readonly number[])[]} table - systems, each with a value for each of the same seeds
 * @returns {Deviation}
 */
export function blockDeviation(table) {
  const seeds = table[0]?.length ?? 0;
  const seedMeans = Array.from({ length: seeds }, (_, seed) =>
    mean(table.map((values) => values[seed] ?? NaN)),
  );
  const residuals = table.flatMap((values) =>
    values.map((value, seed) => value - mean(values) - (seedMeans[seed] ?? NaN) + mean(seedMeans)),
  );
  return deviationOf(
    sum(residuals.map((residual) => residual ** 2)),
    Math.max(0, table.length - 1) * Math.max(0, seeds - 1),
  );
}

/**
 * The half of an interval of 95 %, by Student's t.
 *
 * @param {Deviation} of
 * @param {number} variance - of what is estimated, in units of that of one value
 */
export function halfInterval({ deviation, freedom }, variance) {
  return freedom > 0 ? jstat.studentt.inv(0.975, freedom) * deviation * Math.sqrt(variance) : Infinity;
}

function squaresAboutMean(/** @type {readonly number[]} */ values) {
  return sum(values.map((value) => (value - mean(values)) ** 2));
}

/** @param {number} squares @param {number} freedom @returns {Deviation} */
function deviationOf(squares, freedom) {
  return { deviation: freedom > 0 ? Math.sqrt(squares / freedom) : NaN, freedom };
}

function sum(/** @type {readonly number[]} */ values) {
  return values.reduce((total, value) => total + value, 0);
}
