// Plans of the compiled engine: the core reads every number of a plan before it runs anything, so a plan is refused or it
// runs to its end. With --quick in the core that is installed; otherwise in one compiled with sanitizers.
import { createRequire } from 'node:module';
import { convUnit, withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { encodePlan, locateEngine, makePlan } from '@dmnn/engine';
import { initialWeights } from '@dmnn/weights';
import { bytesOf, caseOf, exitRuleOf, flag, taking, wordsOf } from './plans/plan-case.mjs';
import { changes, repaired } from './plans/plan-changes.mjs';
import { fieldsOf, workOf } from './plans/plan-fields.mjs';
import { makeSanitizedCore, SanitizedCore, sanitizedCore } from './plans/sanitized-core.mjs';

/** What a plan may take of memory and time to be run: one larger than that is read by the core all the same. */
const MOST_NUMBERS = 2 ** 22;
const MOST_MACS = 2 ** 26;
/** The environment's name for the core that was chosen: a path, or nothing for the installed one. */
const CORE = 'DMNN_PLANS_CORE';
/** What is said about a plan before its steps are read. */
const HEADER =
  /case: |a plan of dmnn|magic number|version|(number|channels|size|slot) of (a )?maps?|(number|length) of (a )?vectors?|number of tensors|as many tensors|number of (gated blocks|sites)|how a map is kept|scale of a map|logits|(maps|vectors): expected less/;

const network = (/** @type {string} */ name, /** @type {number} */ imageSizePx) =>
  createArchitecture(name, { classes: 4, imageSizePx });

/** Of every kind: an undivided network, N = 2, 4 and 6, depth-wise and grouped convolutions, one controller a block, an LSTM, exits. */
const networks = [
  network('cifar-resnet8-0.125', 8),
  network('dmnn-cifar-resnet8-0.125-n2', 8),
  network('dmnn-cifar-resnet8-0.25-n4', 8),
  network('dmnn-cifar-resnet8-0.5-n6', 8),
  network('convnet-aig-cifar-resnet8-0.125', 9),
  network('skipnet-cifar-resnet8-0.125', 8),
  firstBlocks(network('dmnn-cifar-mobilenetv2-n2', 9), 3),
  firstBlocks(network('cifar-resnext29-4x24d-0.25', 9), 3),
  firstBlocks(network('dmnn50-0.125-n2', 33), 3),
  withExits(network('dmnn-cifar-resnet8-0.125-n2', 8), { exits: [0, 1], convolutions: 1 }),
  withExits(network('cifar-resnet8-0.125', 8), { exits: [1] }),
];

/** A network without its last blocks. @param {import('@dmnn/architecture').Architecture} architecture @param {number} count */
function firstBlocks(architecture, count) {
  const blocks = architecture.stages.flatMap((stage) => stage.blocks).slice(0, count);
  const inFeatures = blocks.at(-1)?.subBlocks[0]?.units.at(-1)?.outChannels ?? 1;
  const units = [convUnit(1, inFeatures, 6, { activation: 'hard-swish' })];
  return { ...architecture, stages: [{ blocks }], head: { units, inFeatures: 6, classes: 4 } };
}

/** The steps that these networks do without. @type {import('@dmnn/engine').EnginePlan} */
const others = {
  name: 'other steps',
  maps: [
    { channels: 3, sizePx: 5, slot: 0 },
    { channels: 3, sizePx: 5, slot: 1 },
    { channels: 8, sizePx: 3, slot: 2 },
    { channels: 8, sizePx: 2, slot: 0 },
    { channels: 3, sizePx: 5, slot: 1, quantised: { signed: true, scale: 0.25 } },
    { channels: 3, sizePx: 5, slot: 2, quantised: { signed: false, scale: 0.5 } },
  ],
  vectors: [8, 2],
  tensors: [new Float32Array(16), new Float32Array(3)],
  gateCounts: [2],
  sites: ['one'],
  logits: 1,
  steps: [
    { kind: 'copy', from: 0, to: 1 },
    { kind: 'add', from: 0, to: 1 },
    { kind: 'activate', from: 1, to: 1, bias: 1, activation: 'hard-swish' },
    { kind: 'observe', from: 1, firstChannel: 1, channels: 2, site: 0 },
    { kind: 'activate', from: 1, to: 4, bias: undefined, activation: 'none' },
    { kind: 'copy', from: 4, to: 5 },
    { kind: 'add', from: 5, to: 4 },
    { kind: 'activate', from: 4, to: 4, bias: undefined, activation: 'relu' },
    { kind: 'copy', from: 5, to: 1 },
    { kind: 'widen', from: 1, to: 2, stride: 2 },
    {
      kind: 'max-pool',
      from: 2,
      to: 3,
      kernelSize: 2,
      stride: 2,
      padding: { top: 1, bottom: 1, left: 1, right: 1 },
    },
    { kind: 'mean', from: 3, to: 0 },
    {
      kind: 'linear',
      from: 0,
      to: 1,
      weight: 0,
      bias: undefined,
      activation: 'relu6',
      adds: false,
      bfloat16: true,
    },
    { kind: 'decide', from: 1, gates: 0 },
  ],
};

/** @type {SanitizedCore | undefined} */
let sanitized;
/** @type {any} */
let installed;

/** @type {import('./frame/target.mjs').Target} */
export default {
  bases: () => {
    const plans = networks.map((architecture, i) => {
      const network = { architecture, weights: initialWeights(architecture, { seed: 1 }) };
      return makePlan(network, { padChannelsTo: i % 2 === 0 ? 1 : 16 });
    });
    return [...plans, ...networks.slice(1).flatMap(quantisedPlans), others].map(baseOf);
  },

  prepare: async ({ quick }) => {
    const missing = quick ? undefined : await makeSanitizedCore();
    if (missing !== undefined) return { missing };
    const sanitizedPath = sanitizedCore();
    // for the processes that read: a change of the sources must not lead them to another core
    process.env[CORE] = sanitizedPath ?? '';
    if (sanitizedPath !== undefined) return { remark: 'in the core compiled with sanitizers' };
    const { path, reason } = locateEngine();
    return path === undefined ? { missing: reason } : { remark: 'in the installed core' };
  },

  async read({ bytes, passed }) {
    const given = caseOf(bytes);
    const fields = given && fieldsOf(given.plan);
    const work = fields && workOf(fields);
    const isLarge = work !== undefined && (work.numbers > MOST_NUMBERS || work.macs > MOST_MACS);
    const answer = await answerTo(bytes, isLarge);
    if (answer.failed !== undefined) throw new Error(answer.failed);
    if (answer.refused !== undefined) {
      if (!HEADER.test(answer.refused)) passed();
      throw Object.assign(new Error(answer.refused), { code: 'DMNN_ENGINE' });
    }
    if (fields === undefined)
      throw new Error('the core read a plan that plans/plan-fields.mjs cannot follow');
    return answer;
  },

  changes,
  repair: repaired,
};

/** The plan that observes a network, and that of 8 bits. @param {import('@dmnn/architecture').Architecture} architecture */
function quantisedPlans(architecture) {
  const network = { architecture, weights: initialWeights(architecture, { seed: 1 }) };
  const observing = makePlan(network, { observes: true });
  const ranges = Object.fromEntries(observing.sites.map((site) => [site, 4]));
  const quantisation = { network: architecture.name, weights: '', images: 1, percentile: 1, ranges };
  return [observing, makePlan(network, { quantisation })];
}

/** @param {import('@dmnn/engine').EnginePlan} plan @param {number} i @returns {import('./frame/target.mjs').Base} */
function baseOf(plan, i) {
  const words = encodePlan(plan);
  if (fieldsOf(words) === undefined) throw new Error('plans/plan-fields.mjs knows another encoding of plans');
  const [image] = plan.maps;
  const numbers = Float32Array.from({ length: 251 }, (_, k) => Math.sin(k * k) / 4);
  const bytes = bytesOf({
    flags:
      ([0, flag.pattern, flag.prepareAll, flag.bfloat16][i % 4] ?? 0) |
      (plan.steps.some(({ kind }) => kind === 'exit') ? flag.exits : 0),
    threads: 0,
    workers: i % 2,
    image: image ? image.channels * image.sizePx ** 2 : 0,
    pattern: plan.gateCounts.length,
    thresholds: plan.gateCounts.length,
    lengths: Int32Array.from(plan.tensors, ({ length }) => length),
    plan: words,
    numbers: new Int32Array(numbers.buffer),
  });
  return { name: `${plan.name}, image of ${image?.sizePx} px`, bytes };
}

/** @param {Uint8Array} bytes @param {boolean} isLarge @returns {Promise<any>} */
async function answerTo(bytes, isLarge) {
  const path = process.env[CORE];
  if (path === undefined) throw new Error('the plans were not prepared');
  if (path === '')
    return isLarge ? { refused: 'case: expected a plan that is small enough to be run' } : inInstalled(bytes);
  sanitized ??= new SanitizedCore(path);
  const words = wordsOf(bytes);
  if (isLarge && words.length > 0) words[0] = (words[0] ?? 0) | flag.readOnly;
  return sanitized.run(words);
}

/** As `plans/driver.cc` does it. @param {Uint8Array} bytes */
async function inInstalled(bytes) {
  const given = caseOf(bytes);
  if (given === undefined) return { refused: 'case: expected more numbers, got its end' };
  const { flags, image, pattern, thresholds, lengths, plan } = given;
  const all = [image, pattern, thresholds, ...lengths];
  if (
    all.some((length) => length < 0 || length > MOST_NUMBERS) ||
    lengths.reduce((a, b) => a + b, 0) > MOST_NUMBERS
  )
    return { refused: 'case: expected a length, got another number' };
  const take = taking(given.numbers);
  const floats = (/** @type {number} */ count) => new Float32Array(take(count).buffer);
  const core = (installed ??= createRequire(import.meta.url)(locateEngine().path ?? ''));
  let engine;
  try {
    const tensors = Array.from(lengths, floats);
    const [threads, workers] = [1 + (given.threads & 1), 1 + (given.workers & 1)];
    engine = core.open(plan, tensors, (flags & flag.bfloat16) !== 0, workers, threads);
    const runs = [0, 1].map(() => {
      const pixels = floats(image);
      const masks = flags & flag.pattern ? new Uint32Array(take(pattern).buffer) : undefined;
      const least = flags & flag.thresholds ? floats(thresholds) : undefined;
      const fields = fieldsOf(plan);
      const exits = fields?.steps.steps.filter(({ kind }) => kind === 'exit').length ?? 0;
      const classes = fields?.vectors[fields.logits]?.length ?? 0;
      const rule = flags & flag.exits ? exitRuleOf(flags, exits, classes, floats) : undefined;
      return core.run(engine, pixels, (flags & flag.channelsFirst) !== 0, masks, least, rule);
    });
    const [, { logits }] = await Promise.all(runs);
    if (flags & flag.prepareAll) core.implementations(engine);
    return { classes: logits.length, finite: logits.every(Number.isFinite) };
  } catch (error) {
    return { refused: String(/** @type {Error} */ (error).message) };
  } finally {
    if (engine !== undefined) core.close(engine);
  }
}
