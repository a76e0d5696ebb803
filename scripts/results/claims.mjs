// What the project claims of systems that decide by image, each recomputed from a committed log: docs/results/claims.json.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { pairedBootstrap } from '../../packages/confidence/dist/index.js';

const results = fileURLToPath(new URL('../../docs/results/', import.meta.url));

/**
 * A line of claims.json.
 *
 * @typedef {object} Claim
 * @property {string} id
 * @property {string} claim
 * @property {number} value
 * @property {number | null} interval half the width of the 95 % interval: over images, or of times over rounds; null for counts
 * @property {string} unit
 * @property {number} seeds
 * @property {string} reach what was aimed at
 * @property {boolean} met
 * @property {string} log the file or folder that all of this is computed from, relative to claims.json
 */

/**
 * A log of `dmnn eval --log`.
 *
 * @typedef {object} ImageLog
 * @property {{ networks: string[], data: string, chosenOn: string | null, lastMacs: number }} head
 * @property {Record<string, number[]>} columns each with a number for each image
 */

/** @typedef {{ value: number, interval: number | null }} Measured */

/**
 * @typedef {object} Definition
 * @property {string} id
 * @property {string} claim
 * @property {string} unit
 * @property {string} log
 * @property {string} reach
 * @property {(measured: Measured) => boolean} isMet
 * @property {(log: ImageLog) => Measured} measure
 */

/** Seed of the images that are drawn for intervals, as `dmnn eval` has it. */
const SEED = 1;

/** @param {string} text @returns {ImageLog} */
export function parseImageLog(text) {
  const [first = '', ...lines] = text.trimEnd().split('\n');
  const { columns: names, ...head } = JSON.parse(first);
  const rows = lines.map((line) => JSON.parse(line));
  const columns = Object.fromEntries(
    names.map((/** @type {string} */ name, /** @type {number} */ at) => [name, rows.map((row) => row[at])]),
  );
  return { head, columns };
}

/** Mean of a column, and half the width of its interval over images. @param {number[]} values @returns {Measured} */
function meanOf(values) {
  const { difference, halfWidth } = pairedBootstrap(values, new Float64Array(values.length), { seed: SEED });
  return { value: difference, interval: halfWidth };
}

/** @param {Measured} measured @param {number} factor @param {number} digits @returns {Measured} */
function scaled({ value, interval }, factor, digits) {
  const round = (/** @type {number} */ each) => Number((factor * each).toFixed(digits));
  return { value: round(value), interval: interval === null ? null : round(interval) };
}

/** @param {ImageLog} log */
const errorPercent = ({ columns: { right = [] } }) => scaled(meanOf(right.map((each) => 1 - each)), 100, 2);

/** @param {ImageLog} log */
const costShare = ({ head, columns: { macs = [] } }) =>
  scaled(meanOf(macs.map((each) => each / head.lastMacs)), 1, 4);

/** Points of error less than those of the control, which does not choose by image. @param {ImageLog} log */
function overControl({ columns: { right = [], controlRight = [] } }) {
  const difference = right.map((each, at) => /** @type {number} */ (controlRight[at]) - each);
  return scaled(meanOf(difference), 100, 2);
}

/** Beyond its interval below 0. @param {Measured} measured */
const isBetter = ({ value, interval }) => value + (interval ?? 0) < 0;

/**
 * The three claims of a system that stops by confidence: error, cost, and both against the control.
 *
 * @param {string} id @param {string} system @param {string} log
 * @param {{ error: number, cost: number }} most
 * @returns {Definition[]}
 */
function stopping(id, system, log, { error, cost }) {
  return [
    {
      ...{ id: `${id}-error`, claim: `${system}: top-1 error`, unit: '%', log },
      reach: `≤ ${error}`,
      isMet: ({ value }) => value <= error,
      measure: errorPercent,
    },
    {
      ...{ id: `${id}-cost`, claim: `${system}: mean MACs over those of the last network`, unit: '1', log },
      reach: `≤ ${cost}`,
      isMet: ({ value }) => value <= cost,
      measure: costShare,
    },
    againstControl(id, `${system}: error less that of images chosen at random`, log),
  ];
}

/**
 * The claim of a system against its control: better beyond the interval over images.
 *
 * @param {string} id @param {string} claim @param {string} log
 * @returns {Definition}
 */
function againstControl(id, claim, log) {
  return {
    ...{ id: `${id}-control`, claim, unit: 'points', log },
    reach: '< 0 beyond its interval',
    isMet: isBetter,
    measure: overControl,
  };
}

/** @type {readonly Definition[]} */
const definitions = [
  ...stopping(
    'cascade-cifar10',
    'CIFAR-10, ResNet-20 then ResNet-56, aimed at 0.445',
    'cifar10/cascade-0.445.jsonl.gz',
    { error: 6.3, cost: 0.45 },
  ),
  againstControl(
    'exits-cifar10-resnet56',
    'CIFAR-10, three exits trained on ResNet-56 as it is, aimed at 0.85: error less that of fixed exits at equal cost',
    'cifar10/exits-resnet56-0.85.jsonl.gz',
  ),
  againstControl(
    'gates-cifar100-resnet14',
    'CIFAR-100, ResNet-14 with gates, 2 sub-blocks a block, t = 0.6: error less that of the best fixed gate pattern at equal cost',
    'cifar100/control-n2-t0.6-s1.jsonl.gz',
  ),
  againstControl(
    'cascade-cifar100-gates-open',
    'CIFAR-100, ResNet-20 with gates, t = 0.6, then the same with all gates open, aimed at 0.7: error less that of images chosen at random',
    'cifar100/cascade-gates-open-0.7.jsonl.gz',
  ),
];

/** All claims over images, computed from their logs. @returns {Claim[]} */
export function computedClaims() {
  /** @type {Map<string, ImageLog>} */
  const logs = new Map();
  return definitions.map(({ id, claim, unit, log, reach, isMet, measure }) => {
    const read = logs.get(log) ?? parseImageLog(textOf(log));
    logs.set(log, read);
    const { value, interval } = measure(read);
    return { id, claim, value, interval, unit, seeds: 1, reach, met: isMet({ value, interval }), log };
  });
}

/** @param {string} log */
function textOf(log) {
  const bytes = readFileSync(`${results}${log}`);
  return (log.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** The claims as Markdown. @param {readonly Claim[]} claims */
export function claimsPage(claims) {
  const rows = claims.map(({ claim, value, interval, unit, reach, met, log }) => {
    const suffix = unit === '1' ? '' : ` ${unit}`;
    const measured = `${value}${interval === null ? '' : ` ± ${interval}`}${suffix}`;
    return `| ${claim} | ${measured.replaceAll('-', '−')} | ${/\d$/.test(reach) ? `${reach}${suffix}` : reach} | ${met ? 'yes' : 'no'} | [log](${log}) |`;
  });
  return ['| claim | measured | reach | met | |', '|---|--:|--:|---|---|', ...rows].join('\n');
}
