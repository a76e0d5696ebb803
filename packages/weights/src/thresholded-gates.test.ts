import { gatedBlocks } from '@dmnn/architecture';
import { tinyDynamic } from '@dmnn/test-networks';
import { expect, it } from 'vitest';
import { constantPattern } from './constant-gates.js';
import { initialWeights } from './initial-weights.js';
import { thresholdedGates } from './thresholded-gates.js';

const architecture = tinyDynamic(); // two gated blocks of two sub-blocks
const network = { architecture, weights: initialWeights(architecture, { seed: 3, openingRate: 0.6 }) };

it('moves the biases of off by the log-odds of the threshold, and shares everything else', () => {
  const { weights } = thresholdedGates(network, 0.9);
  const names = gatedBlocks(architecture).map(({ path }) => `${path}.controller.decide.bias`);
  const changed = [...weights].filter(([name, tensor]) => tensor !== network.weights.get(name));
  expect(changed.map(([name]) => name)).toEqual(names);
  for (const name of names) {
    const [before, after] = [network.weights, weights].map((each) => [
      ...(each.get(name)!.data as Float32Array),
    ]);
    const moved = after!.map((value, i) => value - before![i]!);
    expect(moved[0]).toBeCloseTo(Math.log(9), 6);
    expect([moved[1], moved[3]]).toEqual([0, 0]);
    expect(moved[2]).toBeCloseTo(Math.log(9), 6);
  }
});

it('leaves the gates as they are at one half', () => {
  expect([...thresholdedGates(network, 0.5).weights.values()].map(({ data }) => data)).toEqual(
    [...network.weights.values()].map(({ data }) => data),
  );
});

it.each([
  [0, true],
  [1, false],
])('is the same for every image at %d', (threshold, open) => {
  expect(constantPattern(thresholdedGates(network, threshold))).toEqual([
    [open, open],
    [open, open],
  ]);
});

it.each([-0.1, 1.1, NaN])('refuses the threshold %d', (threshold) => {
  expect(() => thresholdedGates(network, threshold)).toThrow(
    `threshold: expected a probability in [0, 1], got ${threshold}`,
  );
});
