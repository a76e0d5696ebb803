// What `npm start` came to with several seeds: the claims and the table of docs/results/confidence.md, from docs/results/demo.
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { halfInterval, mean, pooledDeviation } from '../seed-statistics.mjs';

/** Where the logs are kept. */
export const demoDirectory = fileURLToPath(new URL('../../docs/results/demo', import.meta.url));

/** The most that the dynamic system may cost, as a share of the full network. */
const MOST_COST = 0.6;

/** Seeds, out of five, that a claim is to hold for. */
const LEAST_SEEDS = 4;

/** @typedef {{ top1ErrorPercent: number, meanMacs: number, msPerImage: number }} DemoSystem */

/** @typedef {{ top1ErrorPercent: number, meanMacs: number }} Untimed */

/**
 * What `dmnn demo --json` prints, as far as it is used here.
 *
 * @typedef {object} DemoLog
 * @property {number} seed
 * @property {number} seconds
 * @property {DemoSystem} static
 * @property {DemoSystem} narrowed
 * @property {DemoSystem & { control: Untimed, small: Untimed }} dynamic - `small`: its first network alone
 */

/** What lies on the machine that ran it. */
const LOCAL = new Set(['folder', 'report']);

/**
 * What `dmnn demo --json` printed, without the paths of the machine: what is committed of it.
 *
 * @param {string} text
 * @returns {DemoLog & Record<string, unknown>}
 */
export function withoutPaths(text) {
  const log = JSON.parse(text, (key, value) => (LOCAL.has(key) ? undefined : value));
  const path = /[/\\]/.exec(JSON.stringify(log));
  if (path) throw new RangeError(`log: expected no paths except in ${[...LOCAL].join(', ')}, got ${path[0]}`);
  return log;
}

/** The logs of a folder by their seeds. @param {string} [directory] @returns {DemoLog[]} */
export function demoLogs(directory = demoDirectory) {
  return readdirSync(directory)
    .filter((name) => /^seed-\d+\.json$/.test(name))
    .map((name) => {
      const log = JSON.parse(readFileSync(`${directory}/${name}`, 'utf8'));
      if (name !== `seed-${log.seed}.json`)
        throw new RangeError(`${name}: expected the log of this seed, got one of seed ${log.seed}`);
      return log;
    })
    .sort((a, b) => a.seed - b.seed);
}

/** What is asked of the dynamic system with each seed, in words. @type {Record<string, (log: DemoLog) => boolean>} */
const lines = {
  "is at or below the full network's error": (log) =>
    log.dynamic.top1ErrorPercent <= log.static.top1ErrorPercent,
  [`costs at most ${100 * MOST_COST} % of its MACs`]: (log) =>
    log.dynamic.meanMacs <= MOST_COST * log.static.meanMacs,
  "is below the narrowed network's error": (log) =>
    log.dynamic.top1ErrorPercent < log.narrowed.top1ErrorPercent,
};

/** @param {DemoLog} log */
const beatsControl = ({ dynamic }) => dynamic.top1ErrorPercent < dynamic.control.top1ErrorPercent;

/** @param {DemoLog} log */
const holds = (log) => Object.values(lines).every((isHeld) => isHeld(log));

/** @param {readonly DemoLog[]} logs @returns {import('./claims.mjs').Claim[]} */
export function demoClaims(logs) {
  /** @param {string} id @param {string} claim @param {(log: DemoLog) => boolean} isHeld */
  const counted = (id, claim, isHeld) => {
    const value = logs.filter(isHeld).length;
    const unit = `of ${logs.length} seeds`;
    const verdict = { reach: `≥ ${LEAST_SEEDS}`, met: value >= LEAST_SEEDS };
    return { id, claim, value, interval: null, unit, seeds: logs.length, ...verdict, log: 'demo' };
  };
  return [
    counted('demo-seeds', `\`npm start\`: the dynamic system ${Object.keys(lines).join(', ')}`, holds),
    counted(
      'demo-control',
      '`npm start`: the dynamic system is below the error of its networks with images chosen at random',
      beatsControl,
    ),
  ];
}

const number = (/** @type {number} */ value, digits = 2) => value.toFixed(digits).replace('-', '−');

/** The seeds as Markdown, and what they say together. @param {readonly DemoLog[]} logs */
export function demoTable(logs) {
  return [
    '| seed | full | narrowed | small | at random | dynamic | MACs, narrowed | MACs, dynamic | ms, full | ms, narrowed | ms, dynamic | all hold | seconds in all |',
    '|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|',
    ...logs.map(
      (log) => `| ${[log.seed, ...cells([log]), holds(log) ? 'yes' : 'no', seconds([log])].join(' | ')} |`,
    ),
    `| mean | ${[...cells(logs), '', seconds(logs)].join(' | ')} |`,
    '',
    counts(logs),
    differences(logs),
    clock(logs),
  ].join('\n');
}

const seconds = (/** @type {readonly DemoLog[]} */ logs) => number(mean(logs.map((log) => log.seconds)), 0);

/** Means over seeds: errors and MACs in percent, times in milliseconds. @param {readonly DemoLog[]} logs */
function cells(logs) {
  /** @param {(log: DemoLog) => number} value */
  const of = (value) => mean(logs.map(value));
  return [
    ...['static', 'narrowed'].map((name) => `${number(of((log) => log[name].top1ErrorPercent))} %`),
    ...['small', 'control'].map((name) => `${number(of(({ dynamic }) => dynamic[name].top1ErrorPercent))} %`),
    `${number(of(({ dynamic }) => dynamic.top1ErrorPercent))} %`,
    ...['narrowed', 'dynamic'].map(
      (name) =>
        `${number(
          of((log) => (100 * log[name].meanMacs) / log.static.meanMacs),
          1,
        )} %`,
    ),
    ...['static', 'narrowed', 'dynamic'].map((name) =>
      number(
        of((log) => log[name].msPerImage),
        3,
      ),
    ),
  ];
}

/** @param {readonly DemoLog[]} logs */
function counts(logs) {
  const count = (/** @type {(log: DemoLog) => boolean} */ isHeld) => logs.filter(isHeld).length;
  const each = Object.entries(lines).map(([name, isHeld]) => `${name} in ${count(isHeld)}`);
  return `Of ${logs.length} seeds the dynamic system ${each.join(', ')}, all three in ${count(holds)}; it is below a random choice of images in ${count(beatsControl)}.`;
}

/** Points of error less than the others', with the interval over seeds. @param {readonly DemoLog[]} logs */
function differences(logs) {
  /** @param {string} name @param {(log: DemoLog) => number} other */
  const over = (name, other) => {
    const values = logs.map((log) => log.dynamic.top1ErrorPercent - other(log));
    const interval = halfInterval(pooledDeviation([[values]]), 1 / values.length);
    return `${number(mean(values))} ± ${number(interval)} to the ${name}`;
  };
  const all = [
    over('full network', (log) => log.static.top1ErrorPercent),
    over('narrowed one', (log) => log.narrowed.top1ErrorPercent),
    over('small one', (log) => log.dynamic.small.top1ErrorPercent),
    over('random choice', (log) => log.dynamic.control.top1ErrorPercent),
  ];
  return `Mean differences in points of error, with 95 % intervals over seeds by Student's t: ${all.join(', ')}.`;
}

/** Times over that of the full network, from the least to the largest of the seeds. @param {readonly DemoLog[]} logs */
function clock(logs) {
  const range = (/** @type {'narrowed' | 'dynamic'} */ name) => {
    const shares = logs.map((log) => log[name].msPerImage / log.static.msPerImage);
    return `${number(Math.min(...shares))} to ${number(Math.max(...shares))}`;
  };
  return `On the clock the dynamic system takes ${range('dynamic')} of the full network's time, the narrowed network ${range('narrowed')}.`;
}
