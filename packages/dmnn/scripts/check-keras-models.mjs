// Imports the files that packages/import/scripts/keras-models.py wrote and compares the logits with Keras's, in TensorFlow.js, in ONNX Runtime and in the
// compiled engine, where there is one.
//   node packages/dmnn/scripts/check-keras-models.mjs FOLDER [CASE…]
// Needs a build (npm run build). The .keras, .h5 and model.json of a case must give the same network, bit for bit. Exits with 1
// if they do not, or a logit differs by more than 1e-4 of the largest.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs';
import { importModel } from '../dist/index.js';
import { openEngine } from '@dmnn/engine';
import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import { openNetworkData } from '@dmnn/runs';
import { chooseBackend } from '@dmnn/runtime';
import * as tf from '@tensorflow/tfjs-core';

const [folder, ...wanted] = process.argv.slice(2);
const there = readdirSync(folder).flatMap((file) => /^(.*)\.logits\.json$/.exec(file)?.[1] ?? []);
const cases = there.filter((name) => wanted.length === 0 || wanted.includes(name));
const { chosen } = await chooseBackend();
console.log(`largest difference of a logit, as a share of the largest logit (TensorFlow.js on ${chosen})`);
const models = mkdtempSync(join(tmpdir(), 'dmnn-keras-'));
let failures = 0;
for (const name of cases) {
  const forms = [`${name}.keras`, `${name}.h5`, join(`${name}.tfjs`, 'model.json')];
  const found = [];
  for (const [i, form] of forms.entries()) {
    const out = join(models, `${name}-${i}`);
    await importModel({ file: join(folder, form), out });
    found.push(readFileSync(join(out, 'weights.safetensors')));
  }
  const isSame = found.every((each) => each.equals(found[0]));
  if (!isSame) failures++;
  console.log(`${name}: .keras, .h5 and model.json ${isSame ? 'give the same weights' : 'DIFFER'}`);
  const model = await openNetworkData(join(models, `${name}-0`));
  const { images } = JSON.parse(readFileSync(join(folder, `${name}.logits.json`), 'utf8'));
  for (const { sizePx, logits: expected } of images) {
    const file = readFileSync(join(folder, `${name}.images${sizePx}.f32`));
    const bytes = new Uint8Array(file); // begins at a multiple of 4
    const pixels = new Float32Array(bytes.buffer).map(
      (pixel, i) => (pixel / 255 - model.channelMeans[i % 3]) / model.channelDeviations[i % 3],
    );
    const architecture = { ...model.architecture, imageSizePx: sizePx };
    const one = pixels.slice(0, sizePx * sizePx * 3);
    const network = createNetwork(architecture, { seed: 0, weights: model.weights });
    const all = tf.tidy(() =>
      network
        .forward(tf.tensor4d(pixels, [2, sizePx, sizePx, 3]), {
          policy: likeliest,
          statistics: 'moving',
          execution: 'masked',
        }) // prettier-ignore
        .logits.dataSync(),
    );
    network.dispose();
    const session = await DynamicSession.create(exportOnnx({ architecture, weights: model.weights }));
    const inOnnx = (await session.run(one)).logits;
    await session.close();
    const results = {
      'TensorFlow.js': difference(all, expected.flat()),
      ONNX: difference(inOnnx, expected[0]),
      engine: await inEngine(architecture, model.weights, one, expected[0]),
    };
    if (!Object.values(results).every((value) => value === undefined || value < 1e-4)) failures++;
    const cells = Object.entries(results).map(
      ([what, value]) => `${what} ${value?.toExponential(1) ?? 'not installed'}`,
    );
    console.log(`  at ${sizePx} px: ${cells.join(', ')}`);
  }
}
rmSync(models, { recursive: true });
process.exitCode = failures > 0 || cases.length === 0 ? 1 : 0;

/** @param {ArrayLike<number>} logits @param {number[]} expected */
function difference(logits, expected) {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - logits[i]))) / largest;
}

/** @param {import('@dmnn/architecture').Architecture} architecture @param {import('@dmnn/weights').Weights} weights @param {Float32Array} image @param {number[]} expected */
async function inEngine(architecture, weights, image, expected) {
  let engine;
  try {
    engine = await openEngine({ architecture, weights }, { precision: 'f32' });
  } catch (error) {
    if (/** @type {{ code?: string }} */ (error).code !== 'DMNN_ENGINE') throw error;
    return undefined;
  }
  const { logits } = await engine.run(image);
  await engine.close();
  return difference(logits, expected);
}
