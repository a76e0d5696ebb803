// Compares bf16 and int8 of the compiled engine with those of OpenVINO, on a trained network and images of CIFAR-10's test
// set: how far each is from float32, and how far they are from each other. Exits 1 if ours is further from float32 than
// OpenVINO's, or both are further from each other than two roundings of that size. OpenVINO gets the exported file; for int8, the file as onnxruntime's quantiser makes it
// (per-channel weights, activations by the same percentile) from the same images. For a network without gates: the quantiser
// does not look into branches.
//   python -m venv venv && venv/bin/pip install openvino==2026.4.1 onnx==1.23.2 onnxruntime==1.32.0 numpy
//   node scripts/engine-openvino.mjs --python venv/bin/python --data cifar-10-batches-bin MODEL
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluationBatches, loadCifar10 } from '@dmnn/data';
import { openEngine, quantiseNetwork } from '@dmnn/engine';
import { exportOnnx } from '@dmnn/onnx';
import { openNetworkData } from '@dmnn/runs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    data: { type: 'string' },
    images: { type: 'string', default: '1000' },
  },
});
const { python, data } = flags;
const [model] = positionals;
if (!python || !data || !model) throw new Error('expected --python PYTHON --data FOLDER MODEL');
const CALIBRATION = 512;
const COMPARED = Number(flags.images);

const network = await openNetworkData(model);
const { channelMeans, channelDeviations } = network;
const { train, test } = await loadCifar10(data);

/** @param {import('@dmnn/data').Dataset} dataset @param {number} count @returns {Promise<{ images: Float32Array[], labels: number[] }>} */
async function firstImages(dataset, count) {
  /** @type {Float32Array[]} */
  const images = [];
  /** @type {number[]} */
  const labels = [];
  for await (const batch of evaluationBatches(
    { ...dataset, channelMeans, channelDeviations },
    { batchSize: 64 },
  )) {
    const size = batch.images.length / batch.labels.length;
    for (const [b, label] of batch.labels.entries()) {
      images.push(batch.images.slice(b * size, (b + 1) * size));
      labels.push(label);
      if (images.length === count) return { images, labels };
    }
  }
  throw new Error(`expected ${count} images, got ${images.length}`);
}

/** @param {readonly Float32Array[]} arrays */
function joined(arrays) {
  const whole = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}

const calibration = await firstImages(train, CALIBRATION);
const compared = await firstImages(test, COMPARED);
const quantisation = await quantiseNetwork(network, calibration.images);
const folder = mkdtempSync(join(tmpdir(), 'dmnn-compare-'));
try {
  const write = (/** @type {string} */ name, /** @type {readonly Float32Array[]} */ arrays) => {
    writeFileSync(join(folder, name), new Uint8Array(joined(arrays).buffer));
  };
  write('calibration.f32', calibration.images);
  write('images.f32', compared.images);
  for (const precision of /** @type {const} */ (['f32', 'bf16', 'int8'])) {
    const engine = await openEngine(network, {
      precision,
      quantisation: precision === 'int8' ? quantisation : undefined,
    });
    if (engine.precision !== precision) throw new Error(`${precision}: ${engine.precisionReason}`);
    write(
      `ours-${precision}.f32`,
      await Promise.all(compared.images.map(async (image) => (await engine.run(image)).logits)),
    );
    await engine.close();
  }
  writeFileSync(join(folder, 'network.onnx'), exportOnnx(network));

  writeFileSync(
    join(folder, 'settings.json'),
    JSON.stringify({
      imageSizePx: network.architecture.imageSizePx,
      classes: network.architecture.head.classes,
      labels: compared.labels,
      percentile: 100 * quantisation.percentile,
    }),
  );
  execFileSync(python, [join(import.meta.dirname, 'engine-openvino.py'), folder], { stdio: 'inherit' });
} finally {
  rmSync(folder, { recursive: true });
}
