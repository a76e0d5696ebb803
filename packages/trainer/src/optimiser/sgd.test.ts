import { readFileSync } from 'node:fs';
import { expectNoLeak, maxAbsoluteDifference, registerReferenceKernels } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sgd, type SgdOptions } from './sgd.js';

type Values = Record<string, number[]>;
const fixture = JSON.parse(readFileSync(new URL('fixtures/sgd.json', import.meta.url), 'utf8')) as {
  values: Values;
  decayed: string[];
  rates: number[];
  gradients: Values[];
  runs: { setting: Omit<SgdOptions, 'decays'>; steps: Values[] }[];
};

const plain = { momentum: 0, nesterov: false, weightDecay: 0, decays: () => true };

function variables(values: Values): Map<string, tf.Variable> {
  return new Map(Object.entries(values).map(([name, value]) => [name, tf.variable(tf.tensor1d(value))]));
}

function tensors(values: Values): Map<string, tf.Tensor> {
  return new Map(Object.entries(values).map(([name, value]) => [name, tf.tensor1d(value)]));
}

describe.each([
  ['composed', () => () => undefined],
  ['with the kernel', registerReferenceKernels],
])('Sgd, %s', (_, register) => {
  let unregister: () => void;
  beforeAll(() => {
    unregister = register();
  });
  afterAll(() => {
    unregister();
  });

  it.each(fixture.runs)('takes the steps of PyTorch with $setting', ({ setting, steps }) => {
    const trained = variables(fixture.values);
    const sgd = new Sgd(trained, { ...setting, decays: (name) => fixture.decayed.includes(name) });
    for (const [i, expected] of steps.entries()) {
      sgd.step(tensors(fixture.gradients[i]!), fixture.rates[i]!);
      for (const [name, values] of Object.entries(expected)) {
        // values are of the order of 1; five float32 steps round to a few 1e-7
        expect(maxAbsoluteDifference(trained.get(name)!.dataSync(), values)).toBeLessThan(5e-7);
      }
    }
  });

  it('follows the formulas by hand', () => {
    const trained = variables({ w: [1] });
    const sgd = new Sgd(trained, { momentum: 0.5, nesterov: true, weightDecay: 0.25, decays: () => true });
    // d = 2 + 0.25 · 1 = 2.25, velocity 2.25, direction 2.25 + 0.5 · 2.25 = 3.375; w = 1 − 0.5 · 3.375
    sgd.step(tensors({ w: [2] }), 0.5);
    expect(trained.get('w')!.dataSync()[0]).toBe(-0.6875);
    // d = 0 + 0.25 · −0.6875 = −0.171875, velocity 1.125 − 0.171875 = 0.953125
    // direction −0.171875 + 0.4765625 = 0.3046875; w = −0.6875 − 0.5 · 0.3046875
    sgd.step(tensors({ w: [0] }), 0.5);
    expect(trained.get('w')!.dataSync()[0]).toBe(-0.83984375);
    expect(sgd.velocities.get('w')!.dataSync()[0]).toBe(0.953125);
  });

  it('leaves a variable without a gradient as it is, velocity included', () => {
    const trained = variables({ a: [1], b: [1] });
    const sgd = new Sgd(trained, { ...plain, momentum: 0.9, weightDecay: 1 });
    sgd.step(tensors({ a: [1], b: [1] }), 0.5);
    const [value, velocity] = [trained.get('b')!.dataSync()[0], sgd.velocities.get('b')!.dataSync()[0]];
    sgd.step(tensors({ a: [1] }), 0.5);
    expect(trained.get('b')!.dataSync()[0]).toBe(value);
    expect(sgd.velocities.get('b')!.dataSync()[0]).toBe(velocity);
  });

  it('takes steps of another size for variables with a factor: those of an optimiser of that rate', () => {
    const options = { ...plain, momentum: 0.9, nesterov: true, weightDecay: 0.1 };
    const values = { a: [1], b: [2, -3], c: [0.5] };
    const factors: Record<string, number> = { a: 0.5, b: 1, c: 0.5 };
    const all = variables(values);
    const sgd = new Sgd(all, { ...options, rateFactor: (name) => factors[name] as number });
    const alone = Object.entries(values).map(([name, value]) => {
      const own = variables({ [name]: value });
      return { name, own, sgd: new Sgd(own, options) };
    });
    const gradients = [
      { a: [0.3], b: [0.7, -0.1], c: [2] },
      { a: [-0.2], b: [0.4, 0.9], c: [1] },
    ];
    for (const each of gradients) {
      sgd.step(tensors(each), 0.25);
      for (const { name, sgd: own } of alone)
        own.step(tensors({ [name]: each[name as 'a'] }), 0.25 * (factors[name] as number));
    }
    for (const { name, own } of alone) expect(all.get(name)!.dataSync()).toEqual(own.get(name)!.dataSync());
    expect(() => new Sgd(all, { ...options, rateFactor: () => -1 })).toThrow(
      /^rateFactor: expected .* for a/,
    );
  });

  it('goes on where another left off, whatever the order of its variables', () => {
    const options = { ...plain, momentum: 0.9, nesterov: true };
    const straight = variables({ a: [1], b: [2, 3] });
    const one = new Sgd(straight, options);
    const gradients = [tensors({ a: [0.3], b: [0.7, -0.1] }), tensors({ a: [-0.2], b: [0.4, 0.9] })] as const;
    one.step(gradients[0], 0.1);
    const resumed = variables({
      b: Array.from(straight.get('b')!.dataSync()),
      a: Array.from(straight.get('a')!.dataSync()),
    });
    const other = new Sgd(resumed, options);
    other.load(one.velocities);
    one.step(gradients[1], 0.1);
    other.step(gradients[1], 0.1);
    for (const name of ['a', 'b']) {
      expect(resumed.get(name)!.dataSync()).toEqual(straight.get(name)!.dataSync());
    }
  });

  it('lists everything that does not fit when velocities are loaded, and changes nothing', () => {
    const sgd = new Sgd(variables({ a: [1], b: [2, 3] }), { ...plain, momentum: 0.9 });
    expect(() => {
      sgd.load(tensors({ b: [1], c: [1] }));
    }).toThrow('velocities:\n  a: missing\n  b: expected [2], got [1]\n  c: not a variable');
    expect(Array.from(sgd.velocities.get('b')!.dataSync())).toEqual([0, 0]);
  });

  it('leaks nothing, inside a tidy or not', () => {
    const trained = variables({ a: [1, 2] });
    const gradients = tensors({ a: [1, 1] });
    expectNoLeak(() => {
      const sgd = new Sgd(trained, { ...plain, momentum: 0.9, weightDecay: 0.1 });
      sgd.step(gradients, 0.1);
      const before = tf.memory().numTensors;
      sgd.step(gradients, 0.1);
      tf.tidy(() => {
        sgd.step(gradients, 0.1);
      });
      sgd.load(sgd.velocities);
      sgd.step(gradients, 0.1);
      expect(tf.memory().numTensors).toBe(before);
      sgd.dispose();
      return [];
    });
  });

  it.each([
    ['momentum', { momentum: 1 }],
    ['momentum', { momentum: NaN }],
    ['nesterov', { nesterov: true }],
    ['weightDecay', { weightDecay: -1 }],
    ['weightDecay', { weightDecay: Infinity }],
  ])('rejects a wrong %s: %o', (name, wrong) => {
    expect(() => new Sgd(new Map(), { ...plain, ...wrong })).toThrow(new RegExp(`^${name}: expected`));
  });

  it('rejects a learning rate that is not one, and gradients of nothing', () => {
    const sgd = new Sgd(variables({ a: [1] }), plain);
    for (const rate of [-0.1, NaN, Infinity]) {
      expect(() => {
        sgd.step(new Map(), rate);
      }).toThrow(/^learningRate: expected/);
    }
    expect(() => {
      sgd.step(tensors({ b: [1] }), 0.1);
    }).toThrow('gradients: expected names of variables, got b');
  });
});
