// What is said of two runs that should be the same, and a drawing of their losses.

/** @typedef {{ losses: number[], firstGradients: Record<string, number[]> }} Run */

/** Steps on either side over which a curve is smoothed before curves are compared. */
const WINDOW = 5;

/**
 * How far runs are from stock ones where they should be equal to rounding: gradients of the first step relative to the
 * largest of all, losses as they are. The nearest pair decides.
 *
 * @param {Run[]} ours - the same run, on images that differ in their last digits
 * @param {Run[]} stock - likewise
 */
export function exactnessReport(ours, stock) {
  const pairs = ours.flatMap((run) =>
    stock.map((other) => ({
      gradientDifference: gradientDifference(run, other),
      lossesDifference: distance(run.losses, other.losses),
    })),
  );
  const least = (name) => Math.min(...pairs.map((pair) => pair[name]));
  const most = (name) => Math.max(...pairs.map((pair) => pair[name]));
  return {
    steps: stock[0].losses.length,
    pairs: pairs.length,
    gradientDifference: { least: least('gradientDifference'), most: most('gradientDifference') },
    lossesDifference: { least: least('lossesDifference'), most: most('lossesDifference') },
    passed: pairs.some((pair) => pair.gradientDifference < 1e-4 && pair.lossesDifference < 1e-5),
  };
}

/**
 * How far runs of many steps are apart: their smoothed curves, and the gradients of the first step.
 *
 * @param {{ ours: Run, stock: Run, otherThreads: Run, otherSeed: Run }} runs - the last two are stock as well
 */
export function curvesReport({ ours, stock, otherThreads, otherSeed }) {
  const curve = (run) => distance(smoothed(run.losses), smoothed(stock.losses));
  const [fromStock, threads, seed] = [ours, otherThreads, otherSeed].map(curve);
  return {
    fromStock,
    otherThreadsFromStock: threads,
    otherSeedFromStock: seed,
    firstGradientsFromStock: gradientDifference(ours, stock),
    firstGradientsOfOtherThreadsFromStock: gradientDifference(otherThreads, stock),
    passed: fromStock <= seed,
  };
}

function gradientDifference(run, stock) {
  const names = Object.keys(stock.firstGradients);
  const largest = Math.max(...names.map((name) => peak(stock.firstGradients[name])));
  const differences = names.map((name) => distance(run.firstGradients[name], stock.firstGradients[name]));
  return Math.max(...differences) / largest;
}

function peak(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** The largest difference; infinite if lengths differ or anything is not a number. */
function distance(a, b) {
  if (a?.length !== b.length) return Infinity;
  return a.reduce((most, value, i) => {
    const difference = Math.abs(value - b[i]);
    return difference <= most ? most : Number.isNaN(difference) ? Infinity : difference;
  }, 0);
}

function smoothed(values) {
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - WINDOW), i + WINDOW + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

const COLOURS = ['#999999', '#0072b2', '#d55e00'];
const DASHES = ['none', 'none', '6 4'];

/**
 * Curves over steps, distinguished by colour and dash.
 *
 * @param {string} title
 * @param {{ name: string, values: number[] }[]} curves
 */
export function curvesAsSvg(title, curves) {
  const [width, height, left, top, right, bottom] = [760, 400, 56, 40, 16, 48];
  const values = curves.flatMap((curve) => curve.values);
  const [low, high] = [Math.floor(Math.min(...values) * 10) / 10, Math.ceil(Math.max(...values) * 10) / 10];
  const count = Math.max(...curves.map((curve) => curve.values.length));
  const x = (step) => left + (step / Math.max(1, count - 1)) * (width - left - right);
  const y = (loss) => top + ((high - loss) / (high - low || 1)) * (height - top - bottom);
  const ticks = Array.from({ length: 5 }, (_, i) => low + ((high - low) * i) / 4);
  const lines = curves.map(
    ({ values }, i) =>
      `<polyline fill="none" stroke="${COLOURS[i]}" stroke-width="1.5" stroke-dasharray="${DASHES[i]}" points="${values
        .map((value, step) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`)
        .join(' ')}"/>`,
  );
  const key = curves.map(
    ({ name }, i) =>
      `<line x1="${width - 300}" x2="${width - 270}" y1="${top + 18 * i}" y2="${top + 18 * i}" stroke="${COLOURS[i]}" stroke-width="2" stroke-dasharray="${DASHES[i]}"/><text x="${width - 262}" y="${top + 4 + 18 * i}">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" role="img" aria-label="${title}">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${left}" y="22" font-size="15">${title}: loss by step</text>
${ticks.map((tick) => `<line x1="${left}" x2="${width - right}" y1="${y(tick)}" y2="${y(tick)}" stroke="#e0e0e0"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick.toFixed(2)}</text>`).join('\n')}
<text x="${left}" y="${height - bottom + 22}">0</text><text x="${width - right}" y="${height - bottom + 22}" text-anchor="end">${count - 1}</text>
${lines.join('\n')}
${key.join('\n')}
</svg>
`;
}
