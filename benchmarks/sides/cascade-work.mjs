// What both sides of a cascade work on: networks of the zoo, images, and a threshold such that a share of the images goes on.
// Weights are random: times do not depend on them.
import { createArchitecture } from '@dmnn/backbones';
import { countNetwork } from '@dmnn/flops';
import { initialWeights } from '@dmnn/weights';
import { confidenceOf } from '../../packages/confidence/dist/index.js';

/** The networks of the settings, and as many images as a measurement takes. */
export function cascadeWork({ models, classes, imageSizePx, stepsPerMeasurement }) {
  const parts = models.map((model, at) => {
    const architecture = createArchitecture(model, { classes, imageSizePx });
    return { architecture, weights: initialWeights(architecture, { seed: at + 1 }) };
  });
  const images = Array.from({ length: stepsPerMeasurement }, (_, image) =>
    Float32Array.from({ length: 3 * imageSizePx ** 2 }, (_, i) => Math.sin(i * (12.9898 + image)) * 1.7),
  );
  return { parts, images };
}

/**
 * Settings under which a share of the images goes on to the second network.
 *
 * @param {readonly ArrayLike<number>[]} logits - of the first network, by image
 * @param {number} goOn
 * @returns {import('../../packages/confidence/dist/index.js').CascadeSettings}
 */
export function settingsFor(logits, goOn) {
  const confidences = logits.map(
    (values) => confidenceOf({ values: Float32Array.from(values), classes: values.length })[0] ?? 0,
  );
  const threshold = confidences.sort((a, b) => a - b)[Math.round(goOn * confidences.length)] ?? 1;
  return { by: 'probability', combine: 'mean', temperatures: [1, 1], thresholds: [threshold] };
}

/** What ran, as facts. @param {{ architecture: any }[]} parts @param {readonly number[]} stages - of the images */
export function cascadeFacts(parts, stages) {
  const goOn = stages.reduce((sum, stage) => sum + stage, 0) / stages.length;
  const [own = NaN, last = NaN] = parts.map(({ architecture }) => countNetwork(architecture).macs);
  return { goOn, macsShare: (own + goOn * last) / last };
}
