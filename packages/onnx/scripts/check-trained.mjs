// Compares a trained network in TensorFlow.js with its exported file in DynamicSession on every test image of
// CIFAR-100: gates, logits and predictions must agree. Also prints time and multiply-accumulates. Exits 1 if they do
// not agree.
//   node packages/dmnn/bin/dmnn.js export RUN --out FILE.onnx
//   node packages/onnx/scripts/check-trained.mjs --run RUN --data FOLDER --onnx FILE.onnx [--images 10000] [--repeats 3]
import '@tensorflow/tfjs';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { evaluationBatches, loadCifar100, subset } from '@dmnn/data';
import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { DynamicSession } from '@dmnn/onnx';
import { openNetworkData } from '@dmnn/runs';
import { chooseBackend } from '@dmnn/runtime';

const { values: flags } = parseArgs({
  options: {
    run: { type: 'string' },
    data: { type: 'string' },
    onnx: { type: 'string' },
    images: { type: 'string' },
    repeats: { type: 'string', default: '3' },
  },
});
const TOLERANCE = 1e-4; // rounding may order logits closer than this either way
const largestAt = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

/** Results of TensorFlow.js for a batch: logits, gates and on − off, image by image. */
async function references(network, batch) {
  const packed = tf.tidy(() => {
    const pass = network.forward(tf.tensor4d(batch.images, batch.shape), {
      policy: likeliest,
      statistics: 'moving',
      execution: 'skipping',
    });
    const gateLogOdds = pass.gateLogits.map((logits) => {
      const [off, on] = tf.unstack(logits, 2);
      return tf.sub(on, off);
    });
    return { logits: pass.logits, gates: pass.gates, gateLogOdds };
  });
  const [logits, gates, gateLogOdds] = await Promise.all([
    packed.logits.array(),
    Promise.all(packed.gates.map((gate) => gate.array())),
    Promise.all(packed.gateLogOdds.map((logOdds) => logOdds.array())),
  ]);
  tf.dispose(packed);
  return logits.map((row, b) => ({
    logits: row,
    gates: gates.map((block) => block[b].map((gate) => gate === 1)),
    gateLogOdds: gateLogOdds.map((block) => block[b]),
  }));
}

/** Adds the comparison of one image to the findings. */
function compare(ours, reference, found) {
  let differs = false;
  reference.gates.forEach((block, l) => {
    const before = differs; // gates of a block are decided together: only an earlier block can cause a difference
    block.forEach((gate, n) => {
      const decided = Math.abs(reference.gateLogOdds[l][n]) > TOLERANCE;
      found.gates += 1;
      if (!decided) found.undecidedGates += 1;
      if (ours.gates[l][n] === gate) return;
      if (before) found.consequentDifferences += 1;
      else if (decided) found.decidedDifferences += 1;
      else found.undecidedDifferences += 1;
      differs = true;
    });
  });
  if (differs) return;
  found.imagesOfEqualGates += 1;
  const largest = Math.max(...reference.logits.map(Math.abs));
  const difference = Math.max(...reference.logits.map((logit, c) => Math.abs(logit - ours.logits[c])));
  found.largestRelativeLogitDifference = Math.max(found.largestRelativeLogitDifference, difference / largest);
  if (largestAt(reference.logits) !== largestAt([...ours.logits])) found.predictionDifferences += 1;
}

/** Ranks from 0; equal values share their mean rank. */
function ranks(values) {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  const found = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]] === values[order[from]]) to += 1;
    for (let i = from; i < to; i++) found[order[i]] = (from + to - 1) / 2;
    from = to;
  }
  return [...found];
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function correlation(xs, ys) {
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const sum = (term) => xs.reduce((total, _, i) => total + term(xs[i] - meanX, ys[i] - meanY), 0);
  return sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
}

/** Images in ten equal bins between the 1st and the 99th percentile, those outside in the first and last. */
function histogram(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const [low, high] = [at(0.01), at(0.99)];
  const counts = Array.from({ length: 10 }, () => 0);
  for (const value of values) {
    counts[Math.max(0, Math.min(9, Math.floor((10 * (value - low)) / (high - low || 1))))] += 1;
  }
  return { low, high, counts };
}

const { run, data, onnx } = flags;
if (!run || !data || !onnx) throw new Error('expected --run RUN --data FOLDER --onnx FILE.onnx');
const { chosen } = await chooseBackend();
const model = await openNetworkData(run);
const network = createNetwork(model.architecture, { seed: 0, weights: model.weights });
const test = await loadCifar100(data, 'test');
const dataset = flags.images ? subset(test, [...Array(Number(flags.images)).keys()]) : test;
const session = await DynamicSession.create(onnx, { threads: 1 });
const found = {
  gates: 0,
  undecidedGates: 0,
  undecidedDifferences: 0,
  decidedDifferences: 0,
  consequentDifferences: 0,
  imagesOfEqualGates: 0,
  predictionDifferences: 0,
  largestRelativeLogitDifference: 0,
};
/** @type {number[]} */
const macs = [];
/** @type {number[]} */
const milliseconds = [];
const wrong = { tfjs: 0, onnx: 0 };
for await (const batch of evaluationBatches(dataset, { batchSize: Math.min(200, dataset.size) })) {
  const size = batch.images.length / batch.labels.length;
  for (const [b, reference] of (await references(network, batch)).entries()) {
    const image = batch.images.slice(b * size, (b + 1) * size);
    let ours = await session.run(image); // warms up
    let least = Infinity; // other processes only ever add time
    for (let i = 0; i < Number(flags.repeats); i++) {
      const start = performance.now();
      ours = await session.run(image);
      least = Math.min(least, performance.now() - start);
    }
    compare(ours, reference, found);
    macs.push(ours.macs);
    milliseconds.push(least);
    if (largestAt(reference.logits) !== batch.labels[b]) wrong.tfjs += 1;
    if (largestAt([...ours.logits]) !== batch.labels[b]) wrong.onnx += 1;
  }
  process.stderr.write(`\r${macs.length} of ${dataset.size}`);
}
process.stderr.write('\n');
await session.close();
network.dispose();

const byMacs = [...macs.keys()].sort((a, b) => macs[a] - macs[b]);
const tenth = (decile) => byMacs.slice((decile * macs.length) / 10, ((decile + 1) * macs.length) / 10);
console.log(
  JSON.stringify(
    {
      model: model.architecture.name,
      source: model.source,
      backend: chosen,
      images: macs.length,
      ...found,
      errorPercent: { tfjs: (100 * wrong.tfjs) / macs.length, onnx: (100 * wrong.onnx) / macs.length },
      meanMacs: mean(macs),
      meanMilliseconds: mean(milliseconds),
      rankCorrelation: correlation(ranks(macs), ranks(milliseconds)),
      deciles: Array.from({ length: 10 }, (_, decile) => ({
        meanMacs: mean(tenth(decile).map((i) => macs[i])),
        meanMilliseconds: mean(tenth(decile).map((i) => milliseconds[i])),
      })),
      histogramOfMacs: histogram(macs),
      histogramOfMilliseconds: histogram(milliseconds),
    },
    null,
    2,
  ),
);
const agree =
  found.decidedDifferences === 0 &&
  found.predictionDifferences === 0 &&
  found.largestRelativeLogitDifference <= TOLERANCE;
process.exitCode = agree ? 0 : 1;
