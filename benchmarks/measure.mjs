// From a declaration to a result: starts its sides, lets them measure, ends them.
import { fileURLToPath } from 'node:url';
import { alternate } from './compare.mjs';
import { SideProcess } from './side-process.mjs';
import { efficiencies, ratios, summarise, takenOut } from './statistics.mjs';

/** Most that a soak's base may be; half of a shorter run. */
const SOAK_BASE_STEP = 500;

/** Of a memory benchmark: with the three before, both sides have done all that they will ever do. */
const STEPS_AFTER_WARM_UP = 3;

/** On a quiet machine the system's own work stays below it. */
const MOST_OTHERS_CORES = 0.1;

/**
 * What {@link measure} works with.
 *
 * @typedef {object} MeasureOptions
 * @property {number} threads - of both sides
 * @property {number} rounds
 * @property {number} measurements - in a round
 * @property {number} steps - of a soak
 * @property {string} [photographs]
 * @property {string | null} python - of a peer that is written in it; null to leave it out
 * @property {(line: string) => void} say
 */

/**
 * Measures one benchmark.
 *
 * @param {import('./benchmarks.mjs').Benchmark} benchmark
 * @param {MeasureOptions} options
 * @returns {Promise<import('./results-file.mjs').Result & { versions: object }>}
 * @throws SideError if a side fails
 */
export function measure(benchmark, options) {
  switch (benchmark.kind) {
    case 'time':
    case 'share':
    case 'efficiency':
      return measureTimes(benchmark, options);
    case 'memory':
      return measureMemory(benchmark, options);
    case 'soak':
      return soak(benchmark, options);
    default:
      throw new RangeError(`kind: expected time, share, efficiency, memory or soak, got ${benchmark.kind}`);
  }
}

async function measureTimes(benchmark, options) {
  const { rounds, measurements, say } = options;
  const { name, unit, kind } = benchmark;
  /** @type {Record<string, SideProcess>} */
  const sides = {};
  try {
    for (const [role, side] of measuredSides(benchmark, options))
      sides[role] = await start(`${name}, ${role}`, side, options);
    const { ms, busyWhileIdle, othersCores } = await alternate(sides, {
      rounds,
      measurements,
      onRound: (round, times) =>
        say(
          `${name}: round ${round + 1} of ${rounds}: ${Object.entries(times)
            .map(([role, values]) => `${role} ${Math.min(...(values ?? [])).toFixed(2)}`)
            .join(', ')} ${unit}`,
        ),
    });
    const measured = summarise(ms.ours);
    const peer = ms.peer ? summarise(ms.peer) : null;
    const ours = kind === 'share' && peer ? takenOut(peer, measured) : measured;
    return {
      ...numbers(benchmark, ours, peer),
      ...(kind === 'efficiency' && efficiencies(ours, peer, macsShare(sides))),
      samples: ms,
      othersCores,
      versions: versionsOf(sides),
      ...disturbed(busyWhileIdle, othersCores),
    };
  } finally {
    await Promise.all(Object.values(sides).map((side) => side.stop()));
  }
}

/** Multiply–accumulates of ours over those of the peer. */
function macsShare(sides) {
  const share = (side) => side?.facts.macsShare ?? 1;
  return share(sides.ours) / share(sides.peer);
}

/** What makes the times of a benchmark doubtful. */
function disturbed(busyWhileIdle, othersCores) {
  const causes = [
    ...busyWhileIdle.map((role) => `${role} used the processor while the other side measured`),
    ...(othersCores > MOST_OTHERS_CORES
      ? [`other programs kept ${othersCores.toFixed(2)} cores busy meanwhile`]
      : []),
  ];
  return causes.length > 0 ? { note: causes.join('; ') } : {};
}

/** One side after the other: together they might not fit. */
async function measureMemory(benchmark, options) {
  const { say } = options;
  const peaks = {};
  const sides = {};
  for (const [role, side] of measuredSides(benchmark, options)) {
    sides[role] = await start(`${benchmark.name}, ${role}`, side, options);
    try {
      const { peakBytes } = await sides[role].measure(STEPS_AFTER_WARM_UP);
      peaks[role] = summarise([[peakBytes / 1e9]]);
      say(`${benchmark.name}: ${role} ${peaks[role].minimum.toFixed(2)} GB`);
    } finally {
      await sides[role].stop();
    }
  }
  return { ...numbers(benchmark, peaks.ours, peaks.peer ?? null), versions: versionsOf(sides) };
}

async function soak(benchmark, options) {
  const { steps, say } = options;
  const side = await start(benchmark.name, benchmark.ours, options, { steps });
  try {
    const seen = [];
    const base = Math.min(SOAK_BASE_STEP, Math.floor(steps / 2));
    for (const until of soakSteps(base, steps)) {
      const answer = await side.measure(until);
      seen.push(answer);
      const { tensors, residentBytes, msPerImage } = answer;
      say(
        `${benchmark.name}: step ${until} of ${steps}: ${tensors} tensors, ${megabytes(residentBytes)} MB, ${msPerImage.toFixed(2)} ms/image`,
      );
    }
    const [first, last] = [seen[0], seen.at(-1)];
    const [peer, ours] = [first, last].map(({ residentBytes }) => summarise([[residentBytes / 1e6]]));
    const growth = megabytes(last.residentBytes - first.residentBytes);
    return {
      ...numbers(benchmark, ours, peer),
      samples: seen,
      versions: versionsOf({ ours: side }),
      note: `${growth} MB more after step ${steps} than after step ${base}; ${first.tensors} and ${last.tensors} live tensors`,
    };
  } finally {
    await side.stop();
  }
}

/** Steps at which a soak is looked at: the base, and then ten times. */
export function soakSteps(base, steps) {
  const later = Array.from({ length: 10 }, (_, i) => base + Math.round(((i + 1) * (steps - base)) / 10));
  return [...new Set([base, ...later])];
}

function numbers({ name, unit }, ours, peer) {
  return {
    name,
    ours: ours.minimum,
    peer: peer?.minimum ?? null,
    ...ratios(ours, peer),
    unit,
    medians: { ours: ours.median, peer: peer?.median ?? null },
  };
}

function megabytes(bytes) {
  return Math.round(bytes / 1e6);
}

function versionsOf(sides) {
  return Object.fromEntries(Object.entries(sides).map(([role, { facts }]) => [role, facts]));
}

/** The sides that can run: a peer in Python only where there is one. */
function measuredSides({ ours, peer }, { python }) {
  const withPeer = peer && !(isPython(peer) && python === null);
  return withPeer ? Object.entries({ ours, peer }) : [['ours', ours]];
}

/** Whether a side is one of Python's. */
export function isPython({ program }) {
  return program.endsWith('.py');
}

async function start(name, side, { threads, photographs, python, say }, more = {}) {
  say(`${name}: starting and warming up`);
  const program = fileURLToPath(new URL(`sides/${side.program}`, import.meta.url));
  const settings = { threads: side.threads ?? threads, photographs, ...side.settings, ...more };
  return isPython(side)
    ? SideProcess.start({
        name,
        command: python,
        args: [program],
        settings: { ...settings, node: process.execPath },
        env: { OMP_NUM_THREADS: String(settings.threads), PYTHONDONTWRITEBYTECODE: '1' },
      })
    : SideProcess.start({
        name,
        command: process.execPath,
        args: ['--no-deprecation', ...(side.nodeFlags ?? []), program],
        settings,
      });
}
