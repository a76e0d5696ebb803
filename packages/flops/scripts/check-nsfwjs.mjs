// Counts published models of TensorFlow.js, and compares with counts from elsewhere: the layers models with those of the
// networks, which are known (MobileNetV2, width 1, 224 pixels; Inception V3, 299 pixels; both with 5 classes), the graph model
// with one from the shapes of the tensors that its nodes return when it runs.
//   npm pack nsfwjs@4.3.0 && tar xzf nsfwjs-4.3.0.tgz
//   node packages/flops/scripts/check-nsfwjs.mjs package
// Needs a build (npm run build). Loads the package's models, which are scripts. Exits with 1 if a count differs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { countGraphModel, countLayersModel } from '@dmnn/flops/layers-model';

const VERSION = '4.3.0';
const layersModels = [
  { name: 'mobilenet_v2', macs: 299_855_360 },
  { name: 'inception_v3', macs: 5_711_725_792 },
];
const graphModel = 'mobilenet_v2_mid';

const folder = resolve(process.argv[2] ?? 'package');
const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
if (name !== 'nsfwjs' || version !== VERSION)
  throw new Error(
    `${folder}: expected nsfwjs ${VERSION}, got ${name} ${version}. Run npm pack nsfwjs@${VERSION}`,
  );
const load = createRequire(import.meta.url);
tf.env().set('PROD', true); // fewer warnings
await tf.setBackend('cpu');

/** A model of the package. @param {string} model @returns {tf.io.IOHandler} */
function handler(model) {
  const models = join(folder, 'dist/models', model);
  const { weightsManifest, ...artifacts } = load(join(models, 'model.min.js'));
  /** @type {{ paths: string[], weights: tf.io.WeightsManifestEntry[] }[]} */
  const groups = weightsManifest;
  const shards = groups.flatMap(({ paths }) => paths.map((path) => load(join(models, `${path}.min.js`))));
  const bytes = Buffer.concat(shards.map((text) => Buffer.from(text, 'base64')));
  return {
    load: () =>
      Promise.resolve({
        ...artifacts,
        weightSpecs: groups.flatMap(({ weights }) => weights),
        weightData: new Uint8Array(bytes).buffer,
      }),
  };
}

/**
 * Multiply-accumulates from the shapes of tensors that a run returns, and of the weights.
 *
 * @param {any} model a tf.GraphModel
 */
function ranMacs(model) {
  const [, ...size] = model.inputs[0].shape;
  const { nodes } = model.executor.graph;
  const products = Object.values(nodes).filter(({ op }) => /Conv2D|DepthwiseConv2d|MatMul/.test(op));
  const image = tf.zeros([1, ...size]);
  const names = products.map((node) => node.name);
  const outputs = model.execute(image, names);
  const macs = products.map(({ op, inputNames }, i) => {
    const [, weights] = inputNames.map((/** @type {string} */ input) => model.weights[input]?.[0]);
    if (!weights) throw new Error(`${products[i].name}: expected constant weights`);
    const [, ...out] = outputs[i].shape;
    const values = out.reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 1);
    const [high, wide, channels] = weights.shape;
    if (op.includes('MatMul')) return values * high; // weights are [in, out], nothing is transposed here
    // each value of a depth-wise convolution is of one channel
    return values * high * wide * (op.includes('Depthwise') ? 1 : channels);
  });
  return { macs: macs.reduce((a, b) => a + b, 0), ops: new Set(products.map(({ op }) => op)) };
}

let failures = 0;
/** @param {string} what @param {import('@dmnn/flops/layers-model').LayersModelCount} count @param {number} expected @param {string} by */
function compare(what, { macs, parameters, unknown }, expected, by) {
  const right = macs === expected && unknown.length === 0;
  if (!right) failures++;
  const classes = unknown.map(({ className }) => className).join(', ') || 'none';
  console.log(
    `${right ? 'equal ' : 'DIFFER'}  ${what.padEnd(34)} ${macs} MACs, ${by} ${expected}; ${parameters} parameters; unknown: ${classes}`,
  );
}

for (const { name: model, macs } of layersModels)
  compare(`${model} (layers)`, countLayersModel(await tf.loadLayersModel(handler(model))), macs, 'known');

const graph = await tf.loadGraphModel(handler(graphModel));
const ran = ranMacs(graph);
compare(`${graphModel} (graph: ${[...ran.ops].join(', ')})`, countGraphModel(graph), ran.macs, 'as run');
process.exit(failures > 0 ? 1 : 0);
