import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { variableSpecs } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { architectureOf, imageOf, pytorchCases, tensorsOf } from './fixtures/pytorch-case.js';
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
