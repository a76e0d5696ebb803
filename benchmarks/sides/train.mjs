// A training step as a user of the packages writes it: forward, loss, gradients, update, the loss read back.
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { gatedBlocks } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, flopsTable } from '@dmnn/flops';
import { sampled } from '@dmnn/gating';
import {
  categoryLoss,
  classificationLoss,
  executionRates,
  flopsRate,
  resourceLoss,
  stageWeights,
  totalLoss,
  weightedCategoryLoss,
} from '@dmnn/losses';
import { createCategoryHeads, createNetwork } from '@dmnn/network';
import { Sgd } from '@dmnn/trainer';
import { startBackend } from './backend.mjs';
import { serve } from './serve.mjs';

const CATEGORIES = 58; // of ImageNet
const TARGET_RATE = 0.5;

await serve(async (settings) => {
  const { batch, imageSizePx, stepsPerMeasurement } = settings;
  const facts = await startBackend(settings);
  const step = trainingStep(settings, {
    images: tf.randomNormal([batch, imageSizePx, imageSizePx, 3], 0, 1, 'float32', 1),
    keys: Array.from({ length: batch }, (_, i) => i),
  });
  return {
    facts,
    measure() {
      const began = performance.now();
      for (let i = 0; i < stepsPerMeasurement; i++) step();
      return (performance.now() - began) / (stepsPerMeasurement * batch);
    },
  };
});

/** @returns {() => void} does one step, to the end */
function trainingStep({ model, classes, controllers }, { images, keys }) {
  const named = createArchitecture(model, { classes });
  const architecture = controllers ? named : withoutControllers(named);
  const network = createNetwork(architecture, { seed: 1 });
  const gated = gatedBlocks(architecture);
  const table = flopsTable(countNetwork(architecture));
  const heads =
    gated.length > 0
      ? createCategoryHeads({ states: network.stateUnits, categories: CATEGORIES, seed: 1 })
      : undefined;
  const categoryWeights = stageWeights(gated.map(({ stageIndex }) => stageIndex));
  const labels = Int32Array.from(keys, (key) => key % classes);
  const categories = Int32Array.from(keys, (key) => key % CATEGORIES);

  const loss = ({ logits, gates, states }) => {
    const classification = classificationLoss(logits, labels);
    if (!heads) return classification;
    const perHead = heads.logits(states).map((each) => categoryLoss(each, categories));
    const rates = { rates: executionRates(gates), flopsRate: flopsRate(gates, table) };
    return totalLoss({
      classification,
      category: weightedCategoryLoss(perHead, categoryWeights),
      resource: resourceLoss({ ...rates, target: TARGET_RATE }).total,
    }).total;
  };

  /** @type {Map<string, tf.Variable>} */
  const trainable = new Map();
  for (const name of network.trainableNames) {
    const variable = network.variables.get(name);
    if (variable) trainable.set(name, variable);
  }
  for (const [name, variable] of heads?.variables ?? []) trainable.set(name, variable);
  const optimiser = new Sgd(trainable, {
    momentum: 0.9,
    nesterov: false,
    weightDecay: 1e-4,
    decays: () => true,
  });
  let epoch = 0;
  return () => {
    const policy = sampled({ seed: 1, epoch: epoch++ }); // new noise at every step
    const { value, grads } = tf.variableGrads(
      () =>
        loss(network.forward(images, { policy, statistics: 'batch', execution: 'masked', sampleKeys: keys })),
      [...trainable.values()],
    );
    /** @type {Map<string, tf.Tensor>} */
    const gradients = new Map();
    for (const [name, variable] of trainable) {
      const gradient = grads[variable.name];
      if (gradient) gradients.set(name, gradient);
    }
    optimiser.step(gradients, 0.01);
    tf.dispose([...gradients.values()]);
    const [number] = value.dataSync();
    value.dispose();
    if (!Number.isFinite(number)) throw new Error(`loss: expected a finite number, got ${number}`);
  };
}

/** The same sub-blocks, always run: no controllers, no gates, nothing to weigh resources by. */
function withoutControllers(architecture) {
  return {
    ...architecture,
    stages: architecture.stages.map(({ blocks }) => ({
      blocks: blocks.map((block) => {
        const rest = { ...block };
        delete rest.controller;
        return rest;
      }),
    })),
  };
}
