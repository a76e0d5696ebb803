// Compares the networks that `dmnn models` lists, at 33 px, N = 2 and 4 where they
// are divided, in the compiled engine in float32 with masked execution of the network: logits within 1e-4 of the largest,
// gates equal unless their log-odds are within 1e-5 of the threshold; then the same under patterns of gates.
//   npm run check:engine -- [--sample] [--patterns COUNT] [NAME…]
//   npm run check:engine -- --endurance   many images, ends and starts: engine-endurance.mjs says what
// --sample: a few small networks, one of each family: what CI runs. Where the engine is not installed it says so and ends.
import { parseArgs } from 'node:util';
import { locateEngine, openEngine } from '@dmnn/engine';
import { chooseBackend } from '@dmnn/runtime';
import '@tensorflow/tfjs';
import { randomPattern } from '../packages/dmnn/dist/bench/random-pattern.js';
import { agreementOf } from '../packages/dmnn/dist/verify/agreement.js';
import { referenceOutputs } from '../packages/dmnn/dist/verify/reference-outputs.js';
import { arbitraryWeights } from '../packages/onnx/scripts/scripted-weights.mjs';
import { smallestArchitecture, zooNames } from './zoo-networks.mjs';

const IMAGES = 3;
/** Odd, and large enough that windows meet more than their padding. */
const SMALLEST_IMAGE_PX = 33;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'boolean', default: false },
    patterns: { type: 'string', default: '20' },
    endurance: { type: 'boolean', default: false },
  },
});
const { path, reason, remedy } = locateEngine();
if (path === undefined) {
  console.log(`not run: ${reason}; ${remedy}`);
  process.exit();
}
if (flags.endurance) {
  const { checkEndurance } = await import('./engine-endurance.mjs');
  process.exit((await checkEndurance()) ? 0 : 1);
}
await chooseBackend({ prefer: 'wasm' });
const began = performance.now();
let [agree, all] = [0, 0];

for (const name of zooNames({ names: positionals, sample: flags.sample })) {
  const architecture = smallestArchitecture(name, SMALLEST_IMAGE_PX);
  const network = { architecture, weights: arbitraryWeights(architecture, 11) };
  const engine = await openEngine(network, { precision: 'f32' });
  let [own, worst, undecided] = [0, 0, 0];
  /** @type {string[]} */
  const problems = [];
  /**
   * @param {string} what
   * @param {Awaited<ReturnType<typeof referenceOutputs>>[number]} expected
   * @param {readonly (readonly boolean[])[]} [pattern]
   */
  const compare = async (what, { image, reference }, pattern) => {
    own += 1;
    const ours = await engine.run(image, { pattern });
    const agreement = agreementOf(pattern ? { ...ours, gates: [] } : ours, reference, 'engine');
    if (agreement.kind === 'differs') problems.push(`${what}: ${agreement.what}`);
    else if (agreement.kind === 'undecided') undecided += 1;
    else worst = Math.max(worst, agreement.logitsDifference);
    if (pattern && JSON.stringify(ours.gates) !== JSON.stringify(pattern))
      problems.push(`${what}: the engine ran other gates`);
  };
  for (const [i, expected] of (await referenceOutputs(network, { images: IMAGES })).entries())
    await compare(`image ${i}`, expected);
  if (undecided === IMAGES) problems.push('in all images rounding decides a gate');
  const patterns = engine.description.subBlocks.length > 0 ? Number(flags.patterns) : 0;
  for (let seed = 0; seed < patterns; seed++) {
    const pattern = randomPattern(architecture, seed / Math.max(1, patterns - 1), seed);
    const [expected] = await referenceOutputs(network, { images: 1, frozenGates: pattern });
    if (expected) await compare(`pattern ${seed}`, expected, pattern);
  }
  await engine.close();
  all += own;
  agree += own - problems.length;
  console.log(
    `${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name}: ${architecture.imageSizePx} px, ${IMAGES} images, ${patterns} patterns, logits within ${worst.toExponential(1)} of the largest`,
  );
  for (const problem of problems) console.log(`       ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
const minutes = ((performance.now() - began) / 60000).toFixed(1);
console.log(`${agree} of ${all} agree; ${minutes} minutes`);
