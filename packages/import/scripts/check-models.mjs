// Imports the files that pytorch-models.py wrote and compares the logits with PyTorch's.
//   node packages/import/scripts/check-models.mjs FOLDER [MODEL…]
// Needs a build (npm run build); uses the native backend if there is one. Exits with 1 if a logit differs by more
// than 1e-4 of the largest.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs';
import { createArchitecture } from '@dmnn/backbones';
import { likeliest } from '@dmnn/gating';
import { importSafetensors } from '@dmnn/import';
import { createNetwork } from '@dmnn/network';
import { chooseBackend } from '@dmnn/runtime';
import { readSafetensorsFile } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';

const [folder, ...wanted] = process.argv.slice(2);
const there = () =>
  readdirSync(folder).flatMap((file) => /^(.*)\.logits\.safetensors$/.exec(file)?.[1] ?? []);
const names = wanted.length > 0 ? wanted : there();
const { chosen } = await chooseBackend();
console.log(`backend ${chosen}; largest difference of a logit, as a share of the largest logit`);
console.log(`${'model'.padEnd(34)}${'as'.padEnd(18)}${'names'.padEnd(13)}224 px    160 px    193 px`);
let failures = 0;
for (const name of names) {
  const { tensors, metadata } = readSafetensorsFile(readFileSync(join(folder, `${name}.logits.safetensors`)));
  const architecture = createArchitecture(metadata.get('model') ?? '');
  const imported = importSafetensors(readFileSync(join(folder, `${name}.safetensors`)), architecture);
  const network = createNetwork(architecture, { seed: 0, weights: imported.weights });
  const differences = [224, 160, 193].map((size) => {
    const images = tensors.get(`images${size}`);
    const logitsThere = tensors.get(`logits${size}`);
    if (!images || !logitsThere) throw new Error(`${name}: has no images${size} or logits${size}`);
    const expected = Float64Array.from(logitsThere.data, Number);
    const pixels = Float32Array.from(images.data, Number);
    const shape = /** @type {[number, number, number, number]} */ (images.shape);
    const logits = tf.tidy(() =>
      network
        .forward(tf.tensor4d(pixels, shape), { policy: likeliest, statistics: 'moving', execution: 'masked' })
        .logits.dataSync(),
    );
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - logits[i])), 0);
    return difference / largest;
  });
  network.dispose();
  if (!differences.every((difference) => difference < 1e-4)) failures++;
  const cells = differences.map((difference) => difference.toExponential(1).padEnd(10)).join('');
  console.log(`${name.padEnd(34)}${architecture.name.padEnd(18)}${imported.names.padEnd(13)}${cells}`);
}
process.exitCode = failures > 0 ? 1 : 0;
