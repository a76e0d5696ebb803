import { convUnit, paperController } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { countNetwork } from '@dmnn/flops';
import { type GatePolicy, likeliest, sampled, scripted } from '@dmnn/gating';
import { expectNoLeak } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createNetwork } from './create-network.js';
import { arbitraryImages } from './fixtures/arbitrary-images.js';
import { withEitherKernels } from './fixtures/kernel-sets.js';
import { tinyArchitecture, tinyDynamic } from '@dmnn/test-networks';
import type { Network } from './network.js';

const training = {
  policy: sampled({ seed: 1, epoch: 0 }),
  statistics: 'batch',
  execution: 'masked',
} as const;

function gradients(network: Network, images: tf.Tensor4D) {
  return tf.variableGrads(
    () => {
      const pass = network.forward(images, training);
      const rates = pass.gates.map((gates) => tf.mean<tf.Scalar>(gates));
      return rates.reduce((total, rate) => tf.add(total, rate), tf.sum<tf.Scalar>(tf.square(pass.logits)));
    },
    network.trainableNames.map((name) => network.variables.get(name)!),
  );
}

withEitherKernels(() => {
  describe('Network.forward', () => {
    it('gives logits, and gates, gate logits and states of each gated block', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const pass = network.forward(arbitraryImages(3, 8), training);
      expect(pass.logits.shape).toEqual([3, 5]);
      expect(pass.gates.map(({ shape }) => shape)).toEqual([
        [3, 2],
        [3, 2],
      ]);
      expect(pass.gateLogits.map(({ shape }) => shape)).toEqual([
        [3, 2, 2],
        [3, 2, 2],
      ]);
      expect(pass.states.map(({ shape }) => shape)).toEqual([
        [3, 32],
        [3, 32],
      ]);
    });

    it('opens the likeliest gates if no policy is given', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1, openingRate: 0.5 });
      const images = arbitraryImages(8, 8);
      const settings = { statistics: 'moving', execution: 'masked' } as const;
      const [own, given] = [undefined, likeliest].map((policy) =>
        network.forward(images, { ...settings, policy }).gates.map((gates) => [...gates.dataSync()]),
      );
      expect(own).toEqual(given);
      expect(new Set(own!.flat())).toEqual(new Set([0, 1]));
    });

    it('passes the policy which block and which images', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const seen: unknown[] = [];
      const policy: GatePolicy = (logits, at) => {
        seen.push([at.blockIndex, ...at.sampleKeys]);
        return likeliest(logits, at);
      };
      const images = arbitraryImages(2, 8);
      network.forward(images, { policy, statistics: 'moving', execution: 'masked', sampleKeys: [41, 7] });
      network.forward(images, { policy, statistics: 'moving', execution: 'skipping' });
      expect(seen).toEqual([
        [0, 41, 7],
        [1, 41, 7],
        [0, 0, 1],
        [1, 0, 1],
      ]);
    });

    it('opens about 0.88 of the gates of a fresh network, or what was asked', () => {
      const policy = sampled({ seed: 1, epoch: 0 });
      for (const openingRate of [undefined, 0.3]) {
        const network = createNetwork(tinyDynamic(), { seed: 1, ...(openingRate ? { openingRate } : {}) });
        const { gates } = network.forward(arbitraryImages(400, 8), {
          policy,
          statistics: 'moving',
          execution: 'masked',
        });
        const rate = tf.mean(tf.concat(gates, 1)).dataSync()[0]!;
        // 1,600 draws: a standard error of 0.012 at most
        expect(Math.abs(rate - (openingRate ?? 0.88))).toBeLessThan(0.04);
      }
    });

    it('moves the moving statistics with those of the batch, and only then', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const mean = network.variables.get('stem.unit0.movingMean')!;
      const images = arbitraryImages(2, 8);
      tf.dispose(network.forward(images, { ...training, statistics: 'moving' }));
      expect([...mean.dataSync()]).toEqual([0, 0, 0, 0]);
      tf.dispose(network.forward(images, training));
      expect([...mean.dataSync()].every((value) => value !== 0)).toBe(true);
    });

    it('keeps nothing behind, without a tape and with one, and leaves the images', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const images = arbitraryImages(2, 8);
      expectNoLeak(() => network.forward(images, training));
      expectNoLeak(() => gradients(network, images));
      expect(images.isDisposed).toBe(false);
    });

    it('frees the maps between blocks as it goes', () => {
      const network = createNetwork(createArchitecture('cifar-resnet20'), { seed: 1 });
      const images = arbitraryImages(2, 32);
      const before = tf.memory().numBytes;
      let peak = 0;
      const engine = tf.engine();
      const endScope = engine.endScope.bind(engine);
      engine.endScope = (result) => {
        peak = Math.max(peak, tf.memory().numBytes - before);
        endScope(result);
      };
      try {
        tf.dispose(network.forward(images, { ...training, statistics: 'moving' }));
      } finally {
        engine.endScope = endScope;
      }
      // the first stage's maps are the largest; a block holds its input, the sum, and a few maps of one unit at a time
      const map = 2 * 32 * 32 * 16 * 4;
      expect(peak).toBeLessThan(6 * map);
    });

    it('trains every variable of a dynamic network', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const { grads } = gradients(network, arbitraryImages(4, 8));
      for (const name of network.trainableNames) {
        const gradient = grads[network.variables.get(name)!.name]!;
        expect(gradient.shape, name).toEqual(network.variables.get(name)!.shape);
        expect(tf.max(tf.abs(gradient)).dataSync()[0], name).toBeGreaterThan(0);
      }
    });

    it('gives variables with moving statistics gradients too', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const gamma = network.variables.get('stem.unit0.gamma')!;
      const images = arbitraryImages(2, 8);
      const loss = () =>
        tf.sum<tf.Scalar>(
          tf.square(
            network.forward(images, {
              ...training,
              policy: scripted([
                [true, true],
                [true, true],
              ]),
              statistics: 'moving',
            }).logits,
          ),
        );
      const analytic = tf.variableGrads(loss, [gamma]).grads[gamma.name]!.dataSync()[0]!;
      const at = (shift: number) => {
        gamma.assign(tf.add(gamma, tf.tensor1d([shift, 0, 0, 0])));
        return loss().dataSync()[0]!;
      };
      const numeric = (at(0.05) - at(-0.1)) / 0.1;
      expect(Math.abs(analytic / numeric - 1)).toBeLessThan(1e-2); // differences of float32, and kinks of ReLU
    });

    it('leaves nothing behind and moves nothing when it throws half-way', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const images = arbitraryImages(2, 8);
      const mean = network.variables.get('stem.unit0.movingMean')!;
      const policy: GatePolicy = (logits, at) => {
        if (at.blockIndex === 1) throw new Error('no gate');
        return likeliest(logits, at);
      };
      expectNoLeak(() => {
        expect(() => network.forward(images, { ...training, policy })).toThrow('no gate');
        return [];
      });
      expect([...mean.dataSync()]).toEqual([0, 0, 0, 0]);
    });

    it('passes NaN on', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const pass = network.forward(tf.fill([1, 8, 8, 3], NaN), {
        policy: likeliest,
        statistics: 'moving',
        execution: 'masked',
      });
      expect([...pass.logits.dataSync()].every(Number.isNaN)).toBe(true);
      expect([...pass.gates[0]!.dataSync()].every(Number.isNaN)).toBe(true);
    });

    it('refuses statistics of a single value, naming the layer', () => {
      const architecture = tinyArchitecture([
        { kind: 'basic', shortcut: 'identity', subBlocks: 1, controller: paperController },
      ]);
      const network = createNetwork({ ...architecture, stem: { units: [convUnit(3, 3, 4)] } }, { seed: 1 });
      const run = (size: number) => () => network.forward(arbitraryImages(1, size), training);
      expect(run(2)).not.toThrow();
      expect(run(1)).toThrow(/^stem\.unit0: expected more than one value per channel .* got \[1, 1, 1, 4\]/);
      expect(run(1)).toThrow(expect.objectContaining({ code: 'DMNN_BATCH_NORM' }));
    });

    it('refuses images, keys and gates of the wrong shape', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const images = arbitraryImages(2, 8);
      expect(() => network.forward(tf.zeros([2, 8, 8, 1]), training)).toThrow(
        /^images: expected \[B, H, W, 3\], got \[2, 8, 8, 1\]/,
      );
      expect(() => network.forward(tf.zeros([8, 8, 3]) as unknown as tf.Tensor4D, training)).toThrow(
        expect.objectContaining({
          code: 'DMNN_SHAPE',
          details: { argument: 'images', expected: '[B, H, W, 3]', got: [8, 8, 3] },
        }),
      );
      expect(() => network.forward(tf.zeros([0, 8, 8, 3]), training)).toThrow(/^images: /);
      expect(() => network.forward(images, { ...training, sampleKeys: [1] })).toThrow(
        /^sampleKeys: expected \[2\], one key for each image, got \[1\]/,
      );
      expect(() => network.forward(images, { ...training, policy: () => tf.ones([2, 3]) })).toThrow(
        /^policy: expected gates \[2, 2\] for logits \[2, 2, 2\], got \[2, 3\]/,
      );
    });

    it('refuses words it does not know', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const images = arbitraryImages(2, 8);
      expect(() => network.forward(images, { ...training, statistics: 'running' as 'moving' })).toThrow(
        "statistics: expected 'batch' or 'moving', got running",
      );
      expect(() => network.forward(images, { ...training, execution: 'sparse' as 'masked' })).toThrow(
        "execution: expected 'masked' or 'skipping', got sparse",
      );
    });

    it('refuses images so small that a map would vanish', () => {
      const architecture = tinyDynamic();
      const network = createNetwork(
        { ...architecture, stem: { units: [convUnit(3, 3, 4, { padding: 0 })] } },
        { seed: 1 },
      );
      expect(() => network.forward(arbitraryImages(1, 2), { ...training, statistics: 'moving' })).toThrow(
        expect.objectContaining({ code: 'DMNN_ARCHITECTURE' }),
      );
    });

    it('takes images of any other size, square or not', () => {
      const network = createNetwork(tinyDynamic(), { seed: 1 });
      const { logits } = network.forward(tf.ones([1, 11, 6, 3]), { ...training, statistics: 'moving' });
      expect(logits.shape).toEqual([1, 5]);
    });
  });
});

describe('the variables of a network', () => {
  it.each([
    'cifar-resnet20',
    'dmnn-cifar-resnet20-n2',
    'dmnn-cifar-resnet50-n2',
    'mobilenetv2',
    'dmnn-mobilenetv2-n2',
    'resnext50-32x4d',
  ])('hold as many parameters as are counted: %s', (name) => {
    const architecture = createArchitecture(name);
    const network = createNetwork(architecture, { seed: 1 });
    const parameters = network.trainableNames.reduce(
      (sum, each) => sum + network.variables.get(each)!.size,
      0,
    );
    expect(parameters).toBe(countNetwork(architecture).parameters);
    network.dispose();
  });

  it('belong to one network each, and go with it', () => {
    const before = tf.memory().numTensors;
    const [a, b] = [createNetwork(tinyDynamic(), { seed: 1 }), createNetwork(tinyDynamic(), { seed: 1 })];
    a.dispose();
    expect(b.variables.get('head.linear.bias')!.isDisposed).toBe(false);
    b.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('have roles', () => {
    const network = createNetwork(tinyDynamic(), { seed: 1 });
    expect(network.role('stage0.block0.subblock1.unit2.weight')).toBe('convolution');
    expect(network.role('stage0.block0.controller.decide.bias')).toBe('controller-bias');
    expect(network.role('controllers.carry.weight')).toBe('controller-weight');
    expect(network.role('head.linear.bias')).toBe('bias');
    expect(network.trainableNames).not.toContain('stem.unit0.movingMean');
    expect(() => network.role('stem.unit9.weight')).toThrow(RangeError);
    network.dispose();
  });
});
