import { type Activation, type Architecture, activations, paperController } from '@dmnn/architecture';
import { scripted } from '@dmnn/gating';
import { type BackendName, chooseBackend } from '@dmnn/runtime';
import { expectNoLeak } from '@dmnn/test-kit';
import { tinyArchitecture } from '@dmnn/test-networks';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createNetwork } from './create-network.js';
import { arbitraryImages } from './fixtures/arbitrary-images.js';
import { activate } from './kernels/activate.js';
import type { Network } from './network.js';

const names = Object.keys(activations) as Activation[];

async function isChosen(prefer: BackendName): Promise<boolean> {
  return (await chooseBackend({ prefer, threads: 2 })).chosen === prefer;
}

const hasNative = await isChosen('native'); // skipped where it is not installed

/** Gated and plain blocks that end their units, their sums, controllers and hidden linear layers in one activation. */
function architectureWith(activation: Activation): Architecture {
  const architecture = tinyArchitecture(
    [
      { kind: 'bottleneck', shortcut: 'projection', subBlocks: 2, controller: paperController },
      { kind: 'basic', shortcut: 'identity', subBlocks: 2 },
      { kind: 'inverted-residual', shortcut: 'identity', subBlocks: 2, controller: paperController },
    ],
    { hidden: true },
  );
  return JSON.parse(
    JSON.stringify(architecture, (key, value: unknown) =>
      key === 'activation' && value !== 'none' ? activation : value,
    ),
  ) as Architecture;
}

const policy = scripted((block, image) => [(block + image) % 2 === 0, image % 2 === 1]);

function logitsOf(network: Network, execution: 'masked' | 'skipping'): number[] {
  return tf.tidy(() => {
    const images = arbitraryImages(3, 8);
    return [...network.forward(images, { policy, statistics: 'moving', execution }).logits.dataSync()];
  });
}

/** The loss, and its gradients for the variables that have one: under scripted gates those of controllers have none. */
function gradientsOf(network: Network): number[][] {
  const variables = network.trainableNames.map((name) => network.variables.get(name)!);
  return tf.tidy(() => {
    const images = arbitraryImages(3, 8);
    const { value, grads } = tf.variableGrads(() => {
      const pass = network.forward(images, { policy, statistics: 'batch', execution: 'masked' });
      return tf.mean<tf.Scalar>(tf.square(pass.logits));
    }, variables);
    const trained = variables.flatMap(({ name }) => grads[name] ?? []);
    expect(trained.length).toBeGreaterThan(30);
    return [value, ...trained].map((each) => [...each.dataSync()]);
  });
}

function resultsOf(activation: Activation): { logits: number[][]; gradients: number[][] } {
  const network = createNetwork(architectureWith(activation), { seed: 3 });
  const gradients = gradientsOf(network); // also moves the statistics away from their first values
  const masked = logitsOf(network, 'masked');
  const skipping = logitsOf(network, 'skipping');
  network.fold();
  const folded = (['masked', 'skipping'] as const).map((execution) => logitsOf(network, execution));
  network.dispose();
  return { logits: [masked, skipping, ...folded], gradients };
}

function expectClose(got: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(got.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  got.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!) / scale).toBeLessThan(tolerance);
  });
}

describe.each([
  ['cpu', true],
  ['wasm', true],
  ['native', hasNative],
] as const)('activations on %s', (backend, isInstalled) => {
  beforeAll(async () => {
    if (isInstalled) expect(await isChosen(backend)).toBe(true);
  });

  it.runIf(isInstalled).each(names)('%s has the values and the slopes of the table', (name) => {
    const xs = [-7, -3, -2.5, -1.5, -0.1, 0, 0.7, 2.9, 3, 5, 6, 8];
    const { value, slope } = activations[name];
    tf.tidy(() => {
      const x = tf.tensor1d(xs);
      expectClose([...activate(x, name).dataSync()], xs.map(value), 1e-6);
      // times 1: `none` gives x itself, and tfjs finds no operation on the way
      const dx = tf.grad((x: tf.Tensor) => tf.mul(activate(x, name), 1))(x, tf.fill([xs.length], 2));
      expectClose(
        [...dx.dataSync()],
        xs.map((x) => 2 * slope(x)),
        1e-6,
      );
    });
  });

  it.runIf(isInstalled).each(names)('%s shows NaN', (name) => {
    tf.tidy(() => {
      expect([...activate(tf.tensor1d([1, NaN, 1]), name).dataSync()].map(Number.isNaN)).toEqual([
        false,
        true,
        false,
      ]);
    });
  });

  it.runIf(isInstalled).each(names)('%s leaves nothing behind', (name) => {
    const x = tf.tensor1d([-1, 2]);
    expectNoLeak(() => (name === 'none' ? tf.clone(x) : activate(x, name)));
    expectNoLeak(() => tf.grad((x: tf.Tensor) => tf.sum(activate(x, name)))(x));
    x.dispose();
  });

  it.runIf(isInstalled).each(names)('a network with %s has one result in every execution', (name) => {
    const { logits } = resultsOf(name);
    for (const each of logits) expectClose(each, logits[0]!, 1e-5);
  });

  it.runIf(isInstalled && backend !== 'cpu').each(names)(
    'a network with %s has the gradients of cpu',
    async (name) => {
      const got = resultsOf(name);
      await tf.setBackend('cpu');
      const expected = resultsOf(name);
      expect(await isChosen(backend)).toBe(true);
      got.gradients.forEach((each, i) => {
        expectClose(each, expected.gradients[i]!, 1e-4);
      });
      got.logits.forEach((each, i) => {
        expectClose(each, expected.logits[i]!, 1e-4);
      });
    },
  );
});
