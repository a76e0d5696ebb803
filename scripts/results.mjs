// Writes the tables of docs/results/cifar100.md, between their marks, from the logs next to it.
//   node scripts/results.mjs            writes them
//   node scripts/results.mjs --check    fails if the page says something else than the logs
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { parseMetrics, recipeNamed } from '../packages/runs/dist/index.js';
import { gatingOptimum } from '../packages/trainer/dist/index.js';
import { blockDeviation, halfInterval, mean, pooledDeviation } from './seed-statistics.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = `${root}docs/results/cifar100.md`;
const logs = `${root}docs/results/cifar100`;

/** Each has its runs in a folder of its name. */
const studies = {
  resnet14: { backbone: 'ResNet-14', data: 'cifar100=PATH --train-images 25000' },
  resnet20: { backbone: 'ResNet-20', data: 'cifar100=PATH' },
};
/** Runs are called by a system's key, `-s` and the seed. */
const systems = {
  static: 'BACKBONE',
  'static0.8': 'BACKBONE narrowed to 0.8 of it',
  'static0.6': 'BACKBONE narrowed to 0.6 of it',
  'static0.4': 'BACKBONE narrowed to 0.4 of it',
  'n2-t0.8': 'DMNN, 2 sub-blocks, t = 0.8',
  'n2-t0.6': 'DMNN, 2 sub-blocks, t = 0.6',
  'n2-t0.4': 'DMNN, 2 sub-blocks, t = 0.4',
  'n4-t0.6': 'DMNN, 4 sub-blocks, t = 0.6',
  'n1-t0.6': 'DMNN, whole blocks, t = 0.6',
  'alike-t0.6': 'DMNN, 2 sub-blocks, t = 0.6, from scratch, all gates 0.88 open at the start',
  'zero-t0.6': 'DMNN, 2 sub-blocks, t = 0.6, from scratch, in turn, the last γ of second sub-blocks 0',
  'quiet80-t0.6': 'DMNN, 2 sub-blocks, t = 0.6, no noise, gates stop learning at 0.8',
  'aig-t0.6': 'ConvNet-AIG, t = 0.6',
  'aig20-t0.6': 'ConvNet-AIG, t = 0.6, weight 20 on its rates',
  'aig20-half-t0.6': 'the same, begun after half of the epochs, as DMNN',
  slimmable: 'slimmable BACKBONE',
  half: 'BACKBONE after 5 epochs, with which others begin',
  'pruned0.6': 'pruned to 0.6 of it, 5 epochs more',
};
/** Static networks by their cost. */
const narrowed = ['static0.4', 'static0.6', 'static0.8', 'static'];
/**
 * What the paper claims: the system that it is claimed of has a lower error than the other, `at` one of its widths; or than a
 * static network of its own cost, interpolated between the narrowed ones.
 */
const claims = [
  { claim: 'less error than a static network of the same cost', of: 'n2-t0.6', than: narrowed },
  { claim: '… at a higher target', of: 'n2-t0.8', than: narrowed },
  { claim: '… at a lower target', of: 'n2-t0.4', than: narrowed },
  { claim: '… with 4 sub-blocks', of: 'n4-t0.6', than: narrowed },
  { claim: 'less error than the undivided network, at less cost', of: 'n2-t0.8', than: 'static' },
  { claim: 'more cost, less error', of: 'n2-t0.8', than: 'n2-t0.6' },
  { claim: '…', of: 'n2-t0.6', than: 'n2-t0.4' },
  {
    claim: 'multi-path is better than skipping whole blocks (ConvNet-AIG)',
    of: 'n2-t0.6',
    than: 'aig20-t0.6',
  },
  { claim: '… that begins as DMNN does', of: 'n2-t0.6', than: 'aig20-half-t0.6' },
  { claim: 'a larger N is better', of: 'n2-t0.6', than: 'n1-t0.6' },
  { claim: '…', of: 'n4-t0.6', than: 'n2-t0.6' },
  { claim: 'better than slimmable networks', of: 'n2-t0.6', than: 'slimmable', at: 0.75 },
  { claim: 'better than pruning', of: 'n2-t0.6', than: 'pruned0.6' },
  { claim: 'PREV, the state of the previous controller, helps', of: 'n2-t0.6', than: 'noprev' },
  { claim: 'CAT, the category loss, helps', of: 'n2-t0.6', than: 'nocat' },
  { claim: 'both together help', of: 'n2-t0.6', than: 'neither' },
];
const ablation = {
  'n2-t0.6': ['yes', 'yes'],
  noprev: ['no', 'yes'],
  nocat: ['yes', 'no'],
  neither: ['no', 'no'],
};
/** What was tried on held-out images, by folder. */
const choices14 = {
  'static0.6': 'ResNet-14 narrowed to 0.6',
  open: 'divided in 2 sub-blocks a block, gates held open: no noise, no losses on rates, no category loss',
  base: 'DMNN n2, t = 0.6, the short recipe: gates alike, 0.88 open at the start, the target falls from 1',
  turn: 'the first sub-block of a block opens at 0.99, the second at 0.2, and the target is in force at once',
  'turn-zero': 'the same, and the last γ of the second sub-block begins at 0',
  'turn-quiet': 'the same as `turn`, without noise on the gates',
  half: 'ResNet-14 for 5 epochs, learning rate from 0.1 to 0.05',
  divided: 'that divided in 2, gates 0.88 open and a target that falls from 1, for 5 epochs from 0.05 to 0',
  'divided-quiet': 'the same without noise, gates 0.9 open, and 5 times the weight on the losses on rates',
  'divided-turn':
    'divided: first sub-blocks open at 0.99, second at 0.2, the target in force at once, no bounds',
  held: 'the same in one run: gates held open for half of the epochs (`gating.gatesOpenUntil=0.5`)',
};
const choices20 = {
  'static0.6': 'ResNet-20 narrowed to 0.6',
  'mid0.6': 'ResNet-20, only the middle of each block narrowed, as by closed sub-blocks; gates held open',
  base: 'DMNN n2, t = 0.6, the short recipe',
  quiet: 'the same without noise on the gates',
  'quiet-nocat': 'the same without noise and without the category loss (CAT)',
  'quiet-open99': 'the same without noise, 0.99 of the gates open at the start',
  'quiet-open99-fall80': '… and the target falls over 0.8 of training instead of 0.5',
  fall20: 'the short recipe, the target falls over 0.2 of training instead of 0.5',
  weight05: 'the short recipe, a quarter of the weight on the resource losses',
  fixed60: 'the short recipe, gates stop learning at 0.6 of training',
  'quiet-patched80': 'without noise, gates stop learning at 0.8',
  'quiet-patched60': 'without noise, gates stop learning at 0.6',
  'quiet-fixed50': 'without noise, the target falls over 0.4, gates stop learning at 0.5',
};

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** A run's recipe and its last epoch. */
function runAt(folder) {
  if (!existsSync(`${folder}/metrics.jsonl`)) return undefined;
  const config = read(`${folder}/config.json`);
  const records = parseMetrics(readFileSync(`${folder}/metrics.jsonl`));
  const last = records.findLast(({ kind }) => kind === 'epoch');
  if (last?.epoch !== config.recipe.epochs - 1) throw new Error(`${folder}: the run has not come to its end`);
  return { config, last };
}

/** All seeds of a system in a study, the smallest first. */
function seedsOf(study, key) {
  return readdirSync(`${logs}/${study}`)
    .filter((name) => name.replace(/-s\d+$/, '') === key)
    .sort()
    .map((name) => runAt(`${logs}/${study}/${name}`));
}

/** What a system is called in a study. */
const nameOf = (study, key) => systems[key].replace('BACKBONE', studies[study].backbone);

/** The options that gave a run: what its recipe has other than the one of its name, apart from what all runs share. */
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

const textOf = (value) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Settings by their dotted paths; two levels deep, as overrides are. */
function leaves(recipe) {
  return Object.entries(recipe).flatMap(([key, value]) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(([inner, value]) => [`${key}.${inner}`, value])
      : [[key, value]],
  );
}

/** Mean and, of two or more, the sample's standard deviation. */
function spread(values, digits, unit = '') {
  const centre = mean(values);
  if (values.length === 1) return `${centre.toFixed(digits)}${unit}`;
  const deviation = Math.sqrt(
    values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1),
  );
  return `${centre.toFixed(digits)} ± ${deviation.toFixed(digits)}${unit}`;
}

const wholeMacs = Object.fromEntries(
  Object.keys(studies).map((study) => [study, runAt(`${logs}/${study}/static-s1`)?.last.evaluation.meanMacs]),
);
const macsShare = (study, macs) => (100 * macs) / wholeMacs[study];

function costTable(study) {
  const { backbone, data } = studies[study];
  const lines = [
    `| network | \`dmnn train --data ${data} --out runs/X --set epochs=10 …\` | seeds | MACs, % of ${backbone} | gates open | top-1 error |`,
    '|---|---|--:|--:|--:|--:|',
  ];
  const row = (network, options, macs, rate, errors) => {
    const share = spread(
      macs.map((one) => macsShare(study, one)),
      1,
    );
    return `| ${network} | ${options && `\`${options}\``} | ${errors.length} | ${share} | ${rate} | ${spread(errors, 2, ' %')} |`;
  };
  for (const key of Object.keys(systems)) {
    const runs = seedsOf(study, key);
    if (runs.length === 0) continue;
    const network = nameOf(study, key);
    const evaluations = runs.map(({ last }) => last.evaluation);
    const gated = evaluations[0].executionRate !== null;
    lines.push(
      row(
        network,
        optionsOf(runs[0]),
        evaluations.map(({ meanMacs }) => meanMacs),
        gated
          ? spread(
              evaluations.map(({ executionRate }) => executionRate),
              3,
            )
          : '',
        evaluations.map(({ topOneErrorPercent }) => topOneErrorPercent),
      ),
    );
    for (const [i, { width }] of (runs[0].last.widths ?? []).entries()) {
      const narrow = runs.map(({ last }) => last.widths[i]);
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

function ablationTable(study) {
  const lines = [
    `| PREV | CAT | seeds | MACs, % of ${studies[study].backbone} | gates open | top-1 error |`,
    '|---|---|--:|--:|--:|--:|',
  ];
  for (const [key, [previous, category]] of Object.entries(ablation)) {
    const evaluations = seedsOf(study, key).map(({ last }) => last.evaluation);
    if (evaluations.length === 0) {
      lines.push(`| ${previous} | ${category} | 0 | | | not run yet |`);
      continue;
    }
    lines.push(
      `| ${previous} | ${category} | ${evaluations.length} | ${spread(
        evaluations.map(({ meanMacs }) => macsShare(study, meanMacs)),
        1,
      )} | ${spread(
        evaluations.map(({ executionRate }) => executionRate),
        3,
      )} | ${spread(
        evaluations.map(({ topOneErrorPercent }) => topOneErrorPercent),
        2,
        ' %',
      )} |`,
    );
  }
  return lines.join('\n');
}

function choosingTable(study, choices, what) {
  const lines = [
    `| ${what} | log | MACs, % of ${studies[study].backbone} | training error, last epoch | error on the held out |`,
    '|---|---|--:|--:|--:|',
  ];
  for (const [name, label] of Object.entries(choices)) {
    const run = runAt(`${logs}/choosing/${study}/${name}`);
    if (!run) continue;
    const { evaluation, training } = run.last;
    lines.push(
      `| ${label} | \`${name}\` | ${macsShare(study, evaluation.meanMacs).toFixed(1)} | ${training.topOneErrorPercent.toFixed(1)} % | ${evaluation.topOneErrorPercent.toFixed(2)} % |`,
    );
  }
  return lines.join('\n');
}

/** Rates and costs against what the losses ask for. */
function ratesTable(study) {
  const lines = [
    `| network | t | gates open, asked | … measured | MACs, % of ${studies[study].backbone}, asked | … measured | sub-blocks that run for < 1 %, > 99 % of the images |`,
    '|---|--:|--:|--:|--:|--:|--:|',
  ];
  for (const key of Object.keys(systems)) {
    const network = nameOf(study, key);
    const runs = seedsOf(study, key);
    const [first] = runs;
    if (!first?.config.recipe.gating) continue;
    const { architecture, recipe } = first.config;
    const asked = gatingOptimum(architecture, recipe.gating);
    const evaluations = runs.map(({ last }) => last.evaluation);
    const rates = evaluations.flatMap(({ executionRates }) => executionRates.flat());
    const share = (is) => Math.round(rates.filter(is).length / runs.length);
    lines.push(
      `| ${network} | ${recipe.gating.targetRate} | ${asked.executionRate.toFixed(3)} | ${spread(
        evaluations.map(({ executionRate }) => executionRate),
        3,
      )} | ${(100 * asked.macsRatio).toFixed(1)} | ${spread(
        evaluations.map(({ meanMacs }) => macsShare(study, meanMacs)),
        1,
      )} | ${share((rate) => rate < 0.01)}, ${share((rate) => rate > 0.99)} of ${rates.length / runs.length} |`,
    );
  }
  return lines.join('\n');
}

/** Test errors and mean MACs of a system's runs by seed, at full width or one of its others. */
function measured(study, key, width) {
  return seedsOf(study, key).map(({ config, last }) => {
    const of = width ? last.widths.find((one) => one.width === width) : last.evaluation;
    return {
      seed: config.recipe.seed,
      /** Whether it began with the network of `half` of its seed. */
      isBegun: config.start !== undefined,
      error: of.topOneErrorPercent,
      macs: of.macs ?? of.meanMacs,
    };
  });
}

const systemsOf = (study) =>
  Object.keys({ ...systems, ...ablation })
    .map((key) => measured(study, key))
    .filter((runs) => runs.length > 0);

/**
 * The standard deviation that another seed makes, estimated from all systems that have several: single seeds of others
 * are then not without any measure of chance. Those that begin with the same networks are good or bad together, and count
 * as one.
 */
function seedDeviation(study) {
  const [begun, others] = [true, false].map((is) =>
    systemsOf(study)
      .filter(([{ isBegun }]) => isBegun === is)
      .map((runs) => runs.map(({ error }) => error)),
  );
  return pooledDeviation([...others.map((errors) => [errors]), begun]);
}

/** The standard deviation of a run compared with others that begin with the same network. */
function pairedDeviation(study) {
  const groups = systemsOf(study).filter((runs) => runs.length > 1 && runs[0].isBegun);
  const seeds = groups[0]?.map(({ seed }) => seed).filter((seed) => groups.every(hasSeed(seed))) ?? [];
  return blockDeviation(
    groups.map((runs) => runs.filter(({ seed }) => seeds.includes(seed)).map(({ error }) => error)),
  );
}

const hasSeed = (seed) => (runs) => runs.some((run) => run.seed === seed);

/** @param hasAll - whether claims are listed that nothing was run for */
function claimsTable(study, hasAll) {
  const [alone, paired] = [seedDeviation(study), pairedDeviation(study)];
  const lines = [
    `| claim | compared | seeds | MACs, % of ${studies[study].backbone} | difference of errors, points | |`,
    '|---|---|--:|--:|--:|---|',
  ];
  for (const { claim, of, than, at } of claims) {
    const isLine = Array.isArray(than);
    let ours = measured(study, of);
    let others = isLine ? [] : measured(study, than, at);
    const isPaired = !isLine && [...ours, ...others].every(({ isBegun }) => isBegun);
    if (isPaired) [ours, others] = [ofSeeds(ours, others), ofSeeds(others, ours)];
    const our = centreOf(ours);
    const other = isLine ? our && lineAt(study, than, our.macs) : centreOf(others);
    const compared = `\`${of}\` − ${isLine ? 'static, interpolated' : `\`${than}\`${at ? ` at ${at}` : ''}`}`;
    if (!our || !other) {
      if (!hasAll) continue;
      lines.push(`| ${claim} | ${compared} | | | | not run yet |`);
      continue;
    }
    const difference = our.error - other.error;
    const chance = halfInterval(isPaired ? paired : alone, our.variance + other.variance);
    const cost = [our, other].map(({ macs }) => macsShare(study, macs).toFixed(1));
    lines.push(
      `| ${claim} | ${compared} | ${our.seeds}, ${other.seeds}${isPaired ? ', the same' : ''} | ${cost.join(', ')} | ${signed(difference)}${Number.isFinite(chance) ? ` ± ${chance.toFixed(2)}` : ''} | ${verdictOf(difference, chance)} |`,
    );
  }
  if (alone.freedom === 0)
    return [...lines, '', 'No system has several seeds yet, so nothing is known of chance.'].join('\n');
  const of = ({ freedom, deviation }) =>
    `${deviation.toFixed(2)} points, estimated from all systems of several seeds (${freedom} degrees of freedom)`;
  lines.push(
    '',
    `± is the half of an interval of 95 % by Student's t: seeds of one system differ by a standard deviation of ${of(alone)}.` +
      (paired.freedom > 0
        ? ` Systems that begin with the same network after half of the epochs share their luck, so they are compared seed by seed ("the same"), and their differences vary as if a run had a deviation of ${of(paired)}.`
        : ''),
  );
  return lines.join('\n');
}

function verdictOf(difference, chance) {
  if (!Number.isFinite(chance)) return 'one seed';
  if (Math.abs(difference) <= chance) return 'may be chance';
  return difference < 0 ? 'held' : '**not held**';
}

/** Runs of the seeds that another system has too. */
const ofSeeds = (runs, others) => runs.filter(({ seed }) => hasSeed(seed)(others));

/** The mean of runs; its variance is in units of that of one run. */
function centreOf(runs) {
  if (runs.length === 0) return undefined;
  return {
    error: mean(runs.map(({ error }) => error)),
    macs: mean(runs.map(({ macs }) => macs)),
    variance: 1 / runs.length,
    seeds: String(runs.length),
  };
}

/** What networks of increasing cost would have between them, on straight lines, at a cost of no own. */
function lineAt(study, keys, macs) {
  const points = keys.map((key) => centreOf(measured(study, key))).filter(Boolean);
  const next = points.findIndex((point) => point.macs >= macs);
  if (next < 1) return undefined;
  const [low, high] = [points[next - 1], points[next]];
  const share = (macs - low.macs) / (high.macs - low.macs);
  return {
    error: (1 - share) * low.error + share * high.error,
    macs,
    variance: (1 - share) ** 2 * low.variance + share ** 2 * high.variance,
    seeds: `${low.seeds} and ${high.seeds}`,
  };
}

const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

/** By the names of their marks. */
const tables = {
  cost: () => costTable('resnet14'),
  claims: () => claimsTable('resnet14', true),
  rates: () => ratesTable('resnet14'),
  ablation: () => ablationTable('resnet14'),
  'resnet20-cost': () => costTable('resnet20'),
  'resnet20-claims': () => claimsTable('resnet20', false),
  'resnet20-rates': () => ratesTable('resnet20'),
  'resnet20-choosing': () => choosingTable('resnet20', choices20, '5 epochs, 45 000 training images'),
  choosing: () => choosingTable('resnet14', choices14, '10 epochs, 25 000 training images of 45 000'),
};

const before = readFileSync(page, 'utf8');
let text = before;
for (const [name, table] of Object.entries(tables)) {
  const marks = new RegExp(`(<!-- ${name}: by scripts/results.mjs -->\n)[^]*?(<!-- /${name} -->)`);
  if (!marks.test(text)) throw new Error(`${page}: expected the marks of the table ${name}`);
  text = text.replace(marks, (_, begin, end) => `${begin}\n${table()}\n\n${end}`);
}
text = await prettier.format(text, { ...(await prettier.resolveConfig(page)), filepath: page });
if (process.argv.includes('--check')) {
  if (text !== before) {
    console.error('docs/results/cifar100.md is not what its logs say. Run: node scripts/results.mjs');
    process.exit(1);
  }
} else writeFileSync(page, text);
