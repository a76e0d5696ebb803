import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { type ExportOptions, DynamicSession, cpuLanes, exportOnnx } from '@dmnn/onnx';
import { variableSpecs } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { architectureOf, imageOf, pytorchCase, pytorchCases, tensorsOf } from './fixtures/pytorch-case.js';
import { importWeights } from './import-weights.js';
import { nameMapOf } from './name-map-of.js';
import { pytorchShape } from './pytorch-layout.js';
import { resolveNames } from './resolve-names.js';

// scripts/check-models.mjs does the same with whole models, 1000 classes, and images of 224, 160 and 193 pixels
describe.each(pytorchCases.filter(({ sizePx }) => sizePx > 0))('$file', (fixture) => {
  it('has the logits that PyTorch computes', () => {
    const architecture = architectureOf(fixture);
    const tensors = tensorsOf(fixture);
    const { weights, names, ignored } = importWeights(architecture, tensors);
    expect(names).toBe(fixture.file.startsWith('timm-mobile') ? 'timm' : 'torchvision');
    expect(weights.size + ignored.length).toBe(tensors.size);

    const network = createNetwork(architecture, { seed: 0, weights });
    const logits = tf.tidy(() => {
      const images = tf.tensor4d(imageOf(fixture.sizePx), [1, fixture.sizePx, fixture.sizePx, 3]);
      return network
        .forward(images, { policy: likeliest, statistics: 'moving', execution: 'masked' })
        .logits.dataSync();
    });
    network.dispose();
    const largest = Math.max(...fixture.logits.map(Math.abs));
    const differences = fixture.logits.map((logit, i) => Math.abs(logit - logits[i]!));
    expect(Math.max(...differences) / largest).toBeLessThan(1e-5);
    // a network of nothing but zeros would pass too
    expect(new Set(fixture.logits.map((logit) => logit.toFixed(3))).size).toBeGreaterThan(8);
  });
});

// Widths of 0.75 are no multiples of a processor's lanes, or of what channels are padded to.
describe('torchvision-mobilenet_v2-0.75, exported', async () => {
  const lanes = await cpuLanes(ort);
  const forms: [string, ExportOptions][] = [
    ['as it is', {}],
    ['padded to 16', { padChannelsTo: 16 }],
    ...(lanes === undefined
      ? []
      : ([[`for ${lanes} lanes`, { cpuLanes: lanes }]] as [string, ExportOptions][])),
  ];

  it.each(forms)('has the logits that torchvision computes, %s', async (_, options) => {
    const fixture = pytorchCase('torchvision-mobilenet_v2-0.75');
    const architecture = { ...architectureOf(fixture), imageSizePx: fixture.sizePx };
    const { weights } = importWeights(architecture, tensorsOf(fixture));
    const session = await DynamicSession.create(exportOnnx({ architecture, weights }, options));
    const { logits } = await session.run(imageOf(fixture.sizePx));
    await session.close();
    const largest = Math.max(...fixture.logits.map(Math.abs));
    const differences = fixture.logits.map((logit, i) => Math.abs(logit - logits[i]!));
    expect(Math.max(...differences) / largest).toBeLessThan(1e-4);
  });
});

describe.each(pytorchCases)('$file', (fixture) => {
  it('has every tensor of PyTorch’s in its shape, under torchvision’s or timm’s names', () => {
    const architecture = architectureOf(fixture);
    const map = nameMapOf(architecture, fixture.file.startsWith('timm') ? 'timm' : 'torchvision')!;
    const ours = resolveNames(variableSpecs(architecture), map).map(({ spec, source }) =>
      [source, ...pytorchShape(spec)].join(),
    );
    const theirs = fixture.tensors.filter(([name]) => !String(name).endsWith('num_batches_tracked'));
    expect(ours.sort()).toEqual(theirs.map((tensor) => tensor.join()).sort());
  });
});
