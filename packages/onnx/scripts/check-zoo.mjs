// Exports every dynamic model of the zoo (10 classes, small images) in every layout, runs it and @dmnn/network on the
// same images, and validates files with onnx.checker and shape inference if DMNN_PYTHON has PyPI's onnx.
//   [DMNN_PYTHON=python3] node packages/onnx/scripts/check-zoo.mjs [NAME…] [--size 32] [--images 3] [--layouts sub-blocks,pairs]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import '@tensorflow/tfjs';
import { createArchitecture, modelNames } from '@dmnn/backbones';
import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import * as tf from '@tensorflow/tfjs-core';
import { arbitraryWeights } from './scripted-weights.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '32' },
    images: { type: 'string', default: '3' },
    layouts: { type: 'string', default: 'sub-blocks,pairs' },
  },
});
const python = process.env.DMNN_PYTHON;
const names = positionals.length > 0 ? positionals : modelNames().filter((name) => name.startsWith('dmnn'));
const imageSizePx = Number(flags.size);
const folder = mkdtempSync(join(tmpdir(), 'dmnn-zoo-'));
await tf.setBackend('cpu');
let failures = 0;

/** An image `[H, W, 3]` in (−2, 2). */
const imageOf = (seed) =>
  Float32Array.from(
    { length: imageSizePx ** 2 * 3 },
    (_, i) => 2 * Math.sin(i * (1.3 + seed) + seed * i * i),
  );

for (const name of names) {
  const architecture = createArchitecture(name, { classes: 10, imageSizePx });
  const weights = arbitraryWeights(architecture, 11);
  const network = createNetwork(architecture, { seed: 0, weights });
  const images = Array.from({ length: Number(flags.images) }, (_, i) => imageOf(i));
  const expected = images.map((image) =>
    tf.tidy(() => {
      const x = tf.tensor4d(image, [1, imageSizePx, imageSizePx, 3]);
      const { logits, gateLogits } = network.forward(x, {
        policy: likeliest,
        statistics: 'moving',
        execution: 'skipping',
      });
      return {
        logits: logits.dataSync(),
        odds: gateLogits.map((each) => each.arraySync()[0].map(([off, on]) => on - off)),
      };
    }),
  );
  network.dispose();
  for (const layout of /** @type {import('@dmnn/onnx').IfLayout[]} */ (flags.layouts.split(','))) {
    const path = join(folder, `${name}.onnx`);
    writeFileSync(path, exportOnnx({ architecture, weights }, { layout }));
    const session = await DynamicSession.create(path, { threads: 1 });
    let [clear, close, open, all, worst, classes] = [0, 0, 0, 0, 0, 0];
    for (const [i, image] of images.entries()) {
      const ours = await session.run(image);
      let same = true;
      expected[i].odds.forEach((row, l) =>
        row.forEach((odds, n) => {
          all += 1;
          open += odds > 0 ? 1 : 0;
          if (ours.gates[l][n] === odds > 0) return;
          same = false;
          if (Math.abs(odds) > 1e-4) clear += 1;
          else close += 1;
        }),
      );
      if (!same) continue;
      const { logits } = expected[i];
      const largest = Math.max(...logits.map(Math.abs));
      worst = Math.max(worst, ...ours.logits.map((value, c) => Math.abs(value - logits[c]) / largest));
      if (ours.logits.indexOf(Math.max(...ours.logits)) !== logits.indexOf(Math.max(...logits))) classes += 1;
    }
    await session.close();
    const checker = python
      ? spawnSync(python, [fileURLToPath(new URL('check-files.py', import.meta.url)), path], {
          encoding: 'utf8',
        })
      : undefined;
    const ok = clear === 0 && worst < 1e-4 && classes === 0 && (checker?.status ?? 0) === 0;
    if (!ok) failures += 1;
    console.log(
      `${ok ? 'ok    ' : 'FAILED'} ${name} ${layout}: ${open} of ${all} gates open, ${clear} differ, ${close} differ within 1e-4, ` +
        `logits within ${worst.toExponential(1)} of the largest, ${classes} classes differ, onnx.checker ${checker ? `exit ${checker.status}` : 'not run'}`,
    );
    if (checker?.status) console.log(checker.stderr);
  }
}
rmSync(folder, { recursive: true });
process.exit(failures > 0 ? 1 : 0);
