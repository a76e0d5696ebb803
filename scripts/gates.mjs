// What the gates of trained runs do, on 1000 training images and without noise: how probable they are, for which share of
// the images they open, how far their logits (on minus off) differ between images, and the mean size of the last γ of what
// they open. On the scale of the logits the noise of training has a deviation of 1.81.
//   node scripts/gates.mjs CIFAR100 RUN…
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { gatedBlocks } from '@dmnn/architecture';
import { evaluationBatches, loadCifar100 } from '@dmnn/data';
import { likeliest } from '@dmnn/gating';
import { chooseBackend } from '@dmnn/runtime';
import { loadRun } from '@dmnn/trainer';

const IMAGES = 1000;
const [path, ...folders] = process.argv.slice(2);
if (!path || folders.length === 0) {
  console.error('usage: node scripts/gates.mjs CIFAR100 RUN…');
  process.exit(2);
}
await chooseBackend();
const images = await loadCifar100(path, 'train');
for (const folder of folders) {
  const { network } = await loadRun(folder, { which: 'latest' });
  const logits = await logitsOf(network);
  console.log(folder);
  for (const [b, { path, block }] of gatedBlocks(network.architecture).entries()) {
    for (const n of block.subBlocks.keys()) {
      const each = logits.map((image) => image[b][n]);
      const [mean, deviation] = moments(each);
      const probable = moments(each.map((z) => 1 / (1 + Math.exp(-z))))[0];
      const open = each.filter((z) => z > 0).length / each.length;
      const gamma = lastGamma(network, `${path}.subblock${n}.`);
      console.log(
        `${path} ${n}: probable ${probable.toFixed(2)}  open ${open.toFixed(2)}  logit ${mean.toFixed(2)} ± ${deviation.toFixed(2)}  γ ${gamma.toFixed(2)}`,
      );
    }
  }
  network.dispose();
}

/** `[image][block][subBlock]`: on minus off. */
async function logitsOf(network) {
  const all = [];
  for await (const batch of evaluationBatches(images, { batchSize: 250 })) {
    const pixels = tf.tensor4d(batch.images, [batch.labels.length, 32, 32, 3]);
    const pass = network.forward(pixels, {
      policy: likeliest,
      statistics: 'moving',
      execution: 'masked',
    });
    const blocks = pass.gateLogits.map((block) => block.arraySync());
    for (let i = 0; i < batch.labels.length; i++)
      all.push(blocks.map((block) => block[i].map(([off, on]) => on - off)));
    tf.dispose([pass, pixels]);
    if (all.length >= IMAGES) return all;
  }
  return all;
}

function moments(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return [mean, Math.sqrt(variance)];
}

function lastGamma(network, prefix) {
  const [, gamma] = [...network.variables]
    .filter(([name]) => name.startsWith(prefix) && name.endsWith('.gamma'))
    .at(-1);
  return tf.tidy(() => tf.mean(tf.abs(gamma)).dataSync()[0]);
}
