// Compares the networks that `dmnn models` lists, at the smallest image size that each takes, N = 2 and 4 where they
// are divided, in every form of file, with masked execution of the network: logits within 1e-4 of the largest, gates
// equal unless their log-odds are within 1e-5 of the threshold. Networks of several blocks also with an exit in their
// middle, at which all images stop, or none: stages equal, too.
//   npm run check:exports -- [--sample] [--openvino] [NAME…]
// --sample: a few small networks, one of each family: what CI runs. --openvino: portable files also in OpenVINO, within
// 1e-5 of the largest (DMNN_PYTHON names a Python that has PyPI's openvino), and in onnx.checker.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { placedBlocks, withExits } from '@dmnn/architecture';
import { cpuLanes, exportCascade, exportOnnx } from '@dmnn/onnx';
import { chooseBackend } from '@dmnn/runtime';
import '@tensorflow/tfjs';
import * as ort from 'onnxruntime-node';
import { referenceOutputs } from '../packages/dmnn/dist/verify/reference-outputs.js';
import { verifyCascade } from '../packages/dmnn/dist/verify/verify-cascade.js';
import { verifyFile } from '../packages/dmnn/dist/verify/verify-file.js';
import { arbitraryWeights } from '../packages/onnx/scripts/scripted-weights.mjs';
import { smallestArchitecture, zooNames } from './zoo-networks.mjs';

const IMAGES = 3;
const PADDINGS = [1, 4, 8, 32, 64]; // 16 is the default

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'boolean', default: false }, openvino: { type: 'boolean', default: false } },
});
const python = process.env.DMNN_PYTHON ?? 'python3';
const names = zooNames({ names: positionals, sample: flags.sample });

const lanes = await cpuLanes(ort);
/** @type {[name: string, options: import('@dmnn/onnx').ExportOptions][]} */
const forms = [
  ['default', {}],
  ...(lanes ? [/** @type {any} */ ([`${lanes} lanes`, { cpuLanes: lanes }])] : []),
  ...PADDINGS.map((padChannelsTo) => /** @type {any} */ ([`padded to ${padChannelsTo}`, { padChannelsTo }])),
];
await chooseBackend({ prefer: 'wasm' });
const folder = mkdtempSync(join(tmpdir(), 'dmnn-exports-'));
const began = performance.now();
let [agree, all] = [0, 0];
/** @type {string[]} */
const refused = [];

for (const name of names) {
  const architecture = smallestArchitecture(name);
  const { imageSizePx } = architecture;
  const network = { architecture, weights: arbitraryWeights(architecture, 11) };
  const images = await referenceOutputs(network, { images: IMAGES });
  const [open, gates] = [true, false].map((only) =>
    images.reduce((sum, { reference }) => sum + reference.gates.flat().filter((on) => on || !only).length, 0),
  );
  let [own, worst] = [0, 0];
  /** @type {string[]} */
  const problems = [];
  /** @type {string[]} */
  const portable = [];
  for (const [form, options] of forms) {
    const what = `${name}, ${form}`;
    try {
      const file = exportOnnx(network, options);
      const { compared, logitsDifference } = await verifyFile(file, images, ort);
      all += 1;
      own += 1;
      worst = Math.max(worst, logitsDifference);
      if (compared === 0) problems.push(`${form}: in all images rounding decides a gate`);
      if (!flags.openvino || options.cpuLanes) continue;
      portable.push(join(folder, `${name}-${form.replaceAll(' ', '-')}.onnx`));
      writeFileSync(portable.at(-1) ?? '', file);
    } catch (error) {
      if (
        options.cpuLanes &&
        hasNarrowGroups(architecture, options.cpuLanes) &&
        /groups/.test(String(error))
      ) {
        refused.push(what);
        continue;
      }
      all += 1;
      own += 1;
      problems.push(`${form}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (placedBlocks(architecture).length > 1) {
    all += 1;
    own += 1;
    try {
      worst = Math.max(worst, await differenceWithExit(architecture));
    } catch (error) {
      problems.push(`with an exit: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  agree += own - problems.length;
  if (flags.openvino) problems.push(...otherReaders(architecture, images, portable));
  const said = gates > 0 ? `, ${open} of ${gates} gates open` : '';
  console.log(
    `${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name}: ${imageSizePx} px, ${own} files${said}, logits within ${worst.toExponential(1)} of the largest`,
  );
  for (const problem of problems) console.log(`       ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
rmSync(folder, { recursive: true });

for (const what of refused) console.log(`refused by name, for its narrow groups: ${what}`);
if (!lanes) console.log('not run: files in the blocked layout, which this processor does not have');
const minutes = ((performance.now() - began) / 60000).toFixed(1);
console.log(`${agree} of ${all} agree, ${refused.length} refused by name; ${minutes} minutes`);

/**
 * The largest difference of logits of a network that is given an exit, at which images stop, and at which none does.
 *
 * @param {import('@dmnn/architecture').Architecture} plain
 */
async function differenceWithExit(plain) {
  const architecture = withExits(plain, { exits: 1 });
  const channels = Array.from({ length: architecture.inChannels });
  const part = {
    architecture,
    weights: arbitraryWeights(architecture, 11),
    channelMeans: channels.map(() => 0),
    channelDeviations: channels.map(() => 1),
  };
  const settings = /** @type {const} */ ({
    by: 'entropy',
    combine: 'last',
    temperatures: [2, 1],
    thresholds: [0],
  });
  const write = (/** @type {Parameters<typeof exportCascade>[1]} */ each) => exportCascade([part], each);
  const check = await verifyCascade(
    { parts: [part], settings, file: write(settings), write },
    { runtime: ort },
  );
  if ('compared' in check) return check.logitsDifference;
  throw new Error(check.unverifiedBecause);
}

/** Whether a convolution has groups that do not fill the lanes. @param {import('@dmnn/architecture').Architecture} architecture @param {number} lanes */
function hasNarrowGroups(architecture, lanes) {
  return placedBlocks(architecture)
    .flatMap(({ block }) => block.subBlocks.flatMap(({ units }) => units))
    .some(
      ({ groups, inChannels, outChannels }) =>
        groups > 1 &&
        groups !== inChannels &&
        [inChannels, outChannels].some((channels) => (channels / groups) % lanes !== 0),
    );
}

/**
 * What onnx.checker and OpenVINO find wrong with files.
 *
 * @param {import('@dmnn/architecture').Architecture} architecture
 * @param {Awaited<ReturnType<typeof referenceOutputs>>} images
 * @param {string[]} files removed afterwards
 * @returns {string[]}
 */
function otherReaders({ inChannels, imageSizePx }, images, files) {
  const pixels = imageSizePx ** 2;
  const expected = join(folder, 'expected.json');
  writeFileSync(
    expected,
    JSON.stringify({
      shape: [1, inChannels, imageSizePx, imageSizePx],
      images: images.map(({ image, reference }) => ({
        ...reference,
        logits: [...reference.logits],
        image: Array.from(image, (_, i) => image[(i % pixels) * inChannels + Math.floor(i / pixels)]),
      })),
    }),
  );
  const script = (/** @type {string} */ name) =>
    fileURLToPath(new URL(`../packages/onnx/scripts/${name}`, import.meta.url));
  const checks = [
    [script('check-files.py'), ...files],
    [script('check-openvino.py'), expected, ...files],
  ];
  const problems = checks.flatMap((argv) => {
    const { status, stdout, stderr } = spawnSync(python, argv, { encoding: 'utf8' });
    return status === 0
      ? []
      : [
          `${stdout
            .split('\n')
            .filter((line) => line.startsWith('FAILED'))
            .join('\n')}${stderr}`,
        ];
  });
  for (const file of files) rmSync(file);
  return problems;
}
