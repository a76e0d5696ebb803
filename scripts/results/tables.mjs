// The tables of docs/results/cifar100.md as Markdown.
import { recipeNamed } from '../../packages/runs/dist/index.js';
import { gatingOptimum } from '../../packages/trainer/dist/index.js';
import { mean } from '../seed-statistics.mjs';
import { compared, deviations } from './compared.mjs';
import { macsShare, runAt, seedsOf } from './finished-runs.mjs';
import { logs, study } from './study.mjs';

/** @typedef {import('./study.mjs').StudyName} StudyName */
/** @typedef {import('./finished-runs.mjs').FinishedRun} FinishedRun */
/** @typedef {import('./finished-runs.mjs').LoggedEvaluation} LoggedEvaluation */

/** What a system is called in a study. @param {StudyName} name @param {string} key */
const nameOf = (name, key) => (study.systems[key] ?? key).replace('BACKBONE', study.studies[name].backbone);

/**
 * The options that gave a run: what its recipe has other than the one of its name, apart from what all runs share.
 *
 * @param {FinishedRun} run
 */
function optionsOf({ config: { recipe, start } }) {
  const shared = ['seed', 'log.everySteps', 'evaluation.everyEpochs', 'description', 'epochs'];
  const named = Object.fromEntries(leaves(recipeNamed(recipe.name)));
  const differing = leaves(recipe).filter(
    ([path, value]) =>
      !shared.includes(path) && JSON.stringify(named[path] ?? null) !== JSON.stringify(value ?? null),
  );
  return [
    `--recipe ${recipe.name}`,
    ...(recipe.epochs === 10 ? [] : [`--set epochs=${recipe.epochs}`]),
    ...differing.map(([path, value]) => `--set ${path}=${textOf(value)}`),
    ...(start ? ['--from runs/half-s1'] : []),
  ].join(' ');
}

const textOf = (/** @type {unknown} */ value) => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * Settings by their dotted paths; two levels deep, as overrides are.
 *
 * @param {object} recipe @returns {[string, unknown][]}
 */
function leaves(recipe) {
  return Object.entries(recipe).flatMap(([key, value]) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(
          ([inner, value]) => /** @type {[string, unknown]} */ ([`${key}.${inner}`, value]),
        )
      : [/** @type {[string, unknown]} */ ([key, value])],
  );
}

/** Mean and, of two or more, the sample's standard deviation. @param {number[]} values @param {number} digits */
function spread(values, digits, unit = '') {
  const centre = mean(values);
  if (values.length === 1) return `${centre.toFixed(digits)}${unit}`;
  const deviation = Math.sqrt(
    values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1),
  );
  return `${centre.toFixed(digits)} ± ${deviation.toFixed(digits)}${unit}`;
}

/** @param {StudyName} name @param {number[]} macs */
const shareOf = (name, macs) =>
  spread(
    macs.map((one) => macsShare(name, one)),
    1,
  );

/** @param {readonly LoggedEvaluation[]} evaluations @returns {string} empty without gates */
function ratesOf(evaluations) {
  const rates = evaluations.flatMap(({ executionRate }) => executionRate ?? []);
  return rates.length > 0 ? spread(rates, 3) : '';
}

/** @param {readonly LoggedEvaluation[]} evaluations */
const errorsOf = (evaluations) => evaluations.map(({ topOneErrorPercent }) => topOneErrorPercent);
/** @param {readonly LoggedEvaluation[]} evaluations */
const macsOf = (evaluations) => evaluations.map(({ meanMacs }) => meanMacs);

/** @param {StudyName} name */
export function costTable(name) {
  const { backbone, data } = study.studies[name];
  const lines = [
    `| network | \`dmnn train --data ${data} --out runs/X --set epochs=10 …\` | seeds | MACs, % of ${backbone} | gates open | top-1 error |`,
    '|---|---|--:|--:|--:|--:|',
  ];
  /** @param {string} network @param {string} options @param {number[]} macs @param {string} rate @param {number[]} errors */
  const row = (network, options, macs, rate, errors) =>
    `| ${network} | ${options && `\`${options}\``} | ${errors.length} | ${shareOf(name, macs)} | ${rate} | ${spread(errors, 2, ' %')} |`;
  for (const key of Object.keys(study.systems)) {
    const runs = seedsOf(name, key);
    const [first] = runs;
    if (!first) continue;
    const evaluations = runs.map(({ last }) => last.evaluation);
    lines.push(
      row(
        nameOf(name, key),
        optionsOf(first),
        macsOf(evaluations),
        ratesOf(evaluations),
        errorsOf(evaluations),
      ),
    );
    for (const [i, { width }] of (first.last.widths ?? []).entries()) {
      const narrow = runs.flatMap(({ last }) => last.widths?.[i] ?? []);
      lines.push(
        row(
          `… at ${width} of its width`,
          '',
          narrow.map(({ macs }) => macs),
          '',
          narrow.map(({ topOneErrorPercent }) => topOneErrorPercent),
        ),
      );
    }
  }
  return lines.join('\n');
}

/** @param {StudyName} name */
export function ablationTable(name) {
  const lines = [
    `| PREV | CAT | seeds | MACs, % of ${study.studies[name].backbone} | gates open | top-1 error |`,
    '|---|---|--:|--:|--:|--:|',
  ];
  for (const [key, { previousState, categoryLoss }] of Object.entries(study.ablation)) {
    const which = `| ${previousState ? 'yes' : 'no'} | ${categoryLoss ? 'yes' : 'no'}`;
    const evaluations = seedsOf(name, key).map(({ last }) => last.evaluation);
    lines.push(
      evaluations.length === 0
        ? `${which} | 0 | | | not run yet |`
        : `${which} | ${evaluations.length} | ${shareOf(name, macsOf(evaluations))} | ${ratesOf(evaluations)} | ${spread(errorsOf(evaluations), 2, ' %')} |`,
    );
  }
  return lines.join('\n');
}

/** @param {StudyName} name @param {string} what */
export function choosingTable(name, what) {
  const lines = [
    `| ${what} | log | MACs, % of ${study.studies[name].backbone} | training error, last epoch | error on the held out |`,
    '|---|---|--:|--:|--:|',
  ];
  for (const [folder, label] of Object.entries(study.choices[name])) {
    const run = runAt(`${logs}/choosing/${name}/${folder}`);
    if (!run) continue;
    const { evaluation, training } = run.last;
    lines.push(
      `| ${label} | \`${folder}\` | ${macsShare(name, evaluation.meanMacs).toFixed(1)} | ${training.topOneErrorPercent.toFixed(1)} % | ${evaluation.topOneErrorPercent.toFixed(2)} % |`,
    );
  }
  return lines.join('\n');
}

/** Rates and costs against what the losses ask for. @param {StudyName} name */
export function ratesTable(name) {
  const lines = [
    `| network | t | gates open, asked | … measured | MACs, % of ${study.studies[name].backbone}, asked | … measured | sub-blocks that run for < 1 %, > 99 % of the images |`,
    '|---|--:|--:|--:|--:|--:|--:|',
  ];
  for (const key of Object.keys(study.systems)) {
    const runs = seedsOf(name, key);
    const { architecture, recipe } = runs[0]?.config ?? {};
    if (!architecture || !recipe?.gating) continue;
    const asked = gatingOptimum(architecture, recipe.gating);
    const evaluations = runs.map(({ last }) => last.evaluation);
    const rates = evaluations.flatMap(({ executionRates }) => executionRates.flat());
    const share = (/** @type {(rate: number) => boolean} */ is) =>
      Math.round(rates.filter(is).length / runs.length);
    lines.push(
      `| ${nameOf(name, key)} | ${recipe.gating.targetRate} | ${asked.executionRate.toFixed(3)} | ${ratesOf(evaluations)} | ${(100 * asked.macsRatio).toFixed(1)} | ${shareOf(name, macsOf(evaluations))} | ${share((rate) => rate < 0.01)}, ${share((rate) => rate > 0.99)} of ${rates.length / runs.length} |`,
    );
  }
  return lines.join('\n');
}

/** @param {StudyName} name @param {{ withMissing: boolean }} options whether claims are listed that nothing was run for */
export function claimsTable(name, { withMissing }) {
  const chance = deviations(name);
  const lines = [
    `| claim | compared | seeds | MACs, % of ${study.studies[name].backbone} | difference of errors, points | |`,
    '|---|---|--:|--:|--:|---|',
  ];
  for (const claim of study.claims) {
    const { of, than, at } = claim;
    const against = than === 'narrowed' ? 'static, interpolated' : `\`${than}\`${at ? ` at ${at}` : ''}`;
    const begin = `| ${claim.claim} | \`${of}\` − ${against} |`;
    const found = compared(name, claim, chance);
    if (!found) {
      if (withMissing) lines.push(`${begin} | | | not run yet |`);
      continue;
    }
    const { ours, other, isPaired, difference, interval } = found;
    const cost = [ours, other].map(({ macs }) => macsShare(name, macs).toFixed(1)).join(', ');
    const either = Number.isFinite(interval) ? ` ± ${interval.toFixed(2)}` : '';
    lines.push(
      `${begin} ${ours.seeds}, ${other.seeds}${isPaired ? ', the same' : ''} | ${cost} | ${signed(difference)}${either} | ${verdictOf(difference, interval)} |`,
    );
  }
  return [...lines, '', legendOf(chance)].join('\n');
}

/** @param {ReturnType<typeof deviations>} chance */
function legendOf({ alone, paired }) {
  if (alone.freedom === 0) return 'No system has several seeds yet, so nothing is known of chance.';
  const of = (/** @type {import('../seed-statistics.mjs').Deviation} */ { freedom, deviation }) =>
    `${deviation.toFixed(2)} points, estimated from all systems of several seeds (${freedom} degrees of freedom)`;
  const begun =
    paired.freedom > 0
      ? ` Systems that begin with the same network after half of the epochs share their luck, so they are compared seed by seed ("the same"), and their differences vary as if a run had a deviation of ${of(paired)}.`
      : '';
  return `± is the half of an interval of 95 % by Student's t: seeds of one system differ by a standard deviation of ${of(alone)}.${begun}`;
}

/** @param {number} difference @param {number} interval */
function verdictOf(difference, interval) {
  if (!Number.isFinite(interval)) return 'one seed';
  if (Math.abs(difference) <= interval) return 'may be chance';
  return difference < 0 ? 'held' : '**not held**';
}

const signed = (/** @type {number} */ value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
