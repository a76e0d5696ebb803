// Runs as their folders have them: recipe, and the last line of an epoch.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { parseMetrics } from '../../packages/runs/dist/index.js';
import { logs } from './study.mjs';

/** @typedef {import('./study.mjs').StudyName} StudyName */
/** @typedef {import('../../packages/runs/dist/index.js').EpochRecord} EpochRecord */
/** @typedef {import('../../packages/runs/dist/index.js').LoggedEvaluation} LoggedEvaluation */
/** @typedef {EpochRecord & { evaluation: LoggedEvaluation }} LastEpoch */
/** @typedef {import('../../packages/runs/dist/index.js').RunConfig} RunConfig */
/** @typedef {{ config: RunConfig, last: LastEpoch }} FinishedRun */

/** @param {string} folder @returns {FinishedRun | undefined} undefined if there is no run */
export function runAt(folder) {
  if (!existsSync(`${folder}/metrics.jsonl`)) return undefined;
  /** @type {RunConfig} */
  const config = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));
  const epochs = parseMetrics(readFileSync(`${folder}/metrics.jsonl`)).flatMap((record) =>
    record.kind === 'epoch' ? [record] : [],
  );
  const last = epochs.at(-1);
  if (last?.epoch !== config.recipe.epochs - 1 || !last.evaluation)
    throw new Error(`${folder}: the run has not come to its end`);
  return { config, last: { ...last, evaluation: last.evaluation } };
}

/**
 * All seeds of a system in a study, the smallest first.
 *
 * @param {StudyName} study @param {string} key @returns {FinishedRun[]}
 */
export function seedsOf(study, key) {
  return readdirSync(`${logs}/${study}`)
    .filter((name) => name.replace(/-s\d+$/, '') === key)
    .sort()
    .flatMap((name) => runAt(`${logs}/${study}/${name}`) ?? []);
}

/**
 * What a number of multiply–accumulates is of the undivided network's, in percent.
 *
 * @param {StudyName} study @param {number} macs
 */
export function macsShare(study, macs) {
  const whole = runAt(`${logs}/${study}/static-s1`);
  if (!whole) throw new Error(`${study}: expected the run static-s1, got none`);
  return (100 * macs) / whole.last.evaluation.meanMacs;
}

/**
 * What a seed of a system came to.
 *
 * @typedef {object} Measured
 * @property {number} seed
 * @property {boolean} isBegun - whether it began with the network of `half` of its seed
 * @property {number} error - on the test images, in percent
 * @property {number} macs - mean of an image
 */

/**
 * Test errors and mean MACs of a system's runs by seed, at full width or one of its others.
 *
 * @param {StudyName} study @param {string} key @param {number} [width] @returns {Measured[]}
 */
export function measured(study, key, width) {
  return seedsOf(study, key).map(({ config, last }) => {
    const narrow = last.widths?.find((one) => one.width === width);
    if (width !== undefined && !narrow) throw new Error(`${study}/${key}: expected the width ${width}`);
    return {
      seed: config.recipe.seed,
      isBegun: config.start !== undefined,
      error: (narrow ?? last.evaluation).topOneErrorPercent,
      macs: narrow?.macs ?? last.evaluation.meanMacs,
    };
  });
}
