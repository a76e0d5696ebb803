import { gatedBlocks, paperController, type Controller } from '@dmnn/architecture';
import { type GatePolicy, sampled, scripted } from '@dmnn/gating';
import { expectNoLeak, maxRelativeDifference } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createNetwork } from '../create-network.js';
import { arbitraryImages } from '../fixtures/arbitrary-images.js';
import { withEitherKernels } from '../fixtures/kernel-sets.js';
import { type TinyBlock, anyPaddedTiny, tinyArchitecture, tinyDynamic } from '@dmnn/test-networks';
import { hasNormSum } from '../kernels/custom-operation.js';
import { hasPackedConvolution } from '../kernels/custom-operation.js';
import type { Network } from '../network.js';
import { isWorthSkipping } from './worth-skipping.js';

// tiny networks would never be worth it
vi.mock('./worth-skipping.js', () => ({ isWorthSkipping: vi.fn() }));
beforeEach(() => {
  vi.mocked(isWorthSkipping).mockReturnValue(true);
});

const controllers: readonly Controller[] = [
  paperController,
  { kind: 'state', hiddenUnits: 3, previousState: 'per-block', hiddenBias: true },
  { kind: 'state', hiddenUnits: 3, previousState: 'none', hiddenBias: false },
  { kind: 'squeeze', hiddenUnits: 4 },
  { kind: 'recurrent', embedUnits: 3, hiddenUnits: 4 },
];

const blocks = (controller: Controller): fc.Arbitrary<TinyBlock> =>
  fc.record({
    kind: fc.constantFrom<TinyBlock['kind']>(
      'bottleneck',
      'grouped-bottleneck',
      'basic',
      'inverted-residual',
    ),
    shortcut: fc.constantFrom<TinyBlock['shortcut']>('identity', 'projection', 'pad'),
    subBlocks: fc.integer({ min: 1, max: 4 }),
    bias: fc.boolean(),
    controller: fc.constant(controller),
  });

/** Blocks, and `[l][b][n]` gates for a batch of some size. */
const cases = fc
  .record({ controller: fc.constantFrom(...controllers), images: fc.integer({ min: 1, max: 5 }) })
  .chain(({ controller, images }) =>
    fc.array(blocks(controller), { minLength: 1, maxLength: 3 }).chain((list) =>
      fc.record({
        list: fc.constant(list),
        images: fc.constant(images),
        folded: fc.boolean(),
        worth: fc.boolean(),
        gates: fc.tuple(
          ...list.map(({ subBlocks }) =>
            fc.array(fc.array(fc.boolean(), { minLength: subBlocks, maxLength: subBlocks }), {
              minLength: images,
              maxLength: images,
            }),
          ),
        ),
      }),
    ),
  );

function logitsOf(
  network: Network,
  images: tf.Tensor4D,
  policy: GatePolicy,
  execution: 'masked' | 'skipping',
) {
  const pass = network.forward(images, { policy, statistics: 'moving', execution });
  const logits = pass.logits.dataSync();
  tf.dispose(pass);
  return logits;
}

/** Moving statistics and scales that are not those of a fresh network. */
function unsettle(network: Network): void {
  for (const [name, variable] of network.variables) {
    if (!/gamma|beta|moving|block\d+\.bias/.test(name)) continue;
    tf.tidy(() => {
      const ramp = tf.mul(tf.sin(tf.range(0, variable.size)), 0.3);
      variable.assign(tf.add(variable, tf.reshape(ramp, variable.shape)));
    });
  }
}

withEitherKernels(() => {
  describe('skipping', () => {
    it('computes what masking computes, whichever sub-blocks each image opens', () => {
      fc.assert(
        fc.property(cases, ({ list, images: count, gates, folded, worth }) => {
          vi.mocked(isWorthSkipping).mockReturnValue(worth);
          const network = createNetwork(tinyArchitecture(list), { seed: 5 });
          unsettle(network);
          if (folded) network.fold();
          const images = arbitraryImages(count, 8);
          const policy = scripted((l, b) => gates[l]![b]!);
          const masked = logitsOf(network, images, policy, 'masked');
          const skipping = logitsOf(network, images, policy, 'skipping');
          expect(maxRelativeDifference(skipping, masked)).toBeLessThan(1e-5);
          tf.dispose(images);
          network.dispose();
        }),
        { numRuns: 60 },
      );
    });

    it('computes what masking computes, however windows are padded and whatever the ε', () => {
      fc.assert(
        fc.property(
          anyPaddedTiny.filter((tiny) => gatedBlocks(tiny).length > 0),
          fc.record({ seed: fc.nat(1000), count: fc.integer({ min: 1, max: 3 }), folded: fc.boolean() }),
          (architecture, { seed, count, folded }) => {
            const network = createNetwork(architecture, { seed });
            unsettle(network);
            if (folded) network.fold();
            const images = arbitraryImages(count, architecture.imageSizePx);
            const gated = gatedBlocks(architecture);
            const policy = scripted((l, b) =>
              gated[l]!.block.subBlocks.map((_, n) => ((seed >> ((l + 2 * b + n) % 7)) & 1) === 1),
            );
            const masked = logitsOf(network, images, policy, 'masked');
            const skipping = logitsOf(network, images, policy, 'skipping');
            expect(maxRelativeDifference(skipping, masked)).toBeLessThan(1e-5);
            tf.dispose(images);
            network.dispose();
          },
        ),
        { numRuns: 40 },
      );
    });

    it('computes what masking computes under sampled gates', () => {
      const network = createNetwork(tinyDynamic(), { seed: 5, openingRate: 0.5 });
      const images = arbitraryImages(6, 8);
      const policy = sampled({ seed: 3, epoch: 1 });
      const masked = network.forward(images, { policy, statistics: 'moving', execution: 'masked' });
      const skipping = network.forward(images, { policy, statistics: 'moving', execution: 'skipping' });
      masked.gates.forEach((gates, l) => {
        expect(skipping.gates[l]!.dataSync()).toEqual(gates.dataSync());
      });
      expect(maxRelativeDifference(skipping.logits.dataSync(), masked.logits.dataSync())).toBeLessThan(1e-5);
      // otherwise nothing was skipped
      expect(masked.gates.some((gates) => tf.min(gates).dataSync()[0] === 0)).toBe(true);
    });

    it('gives an image alone what it gives it in a batch', () => {
      const network = createNetwork(tinyDynamic(), { seed: 5 });
      const images = arbitraryImages(4, 8);
      const pattern = (l: number, key: number) => [(l + key) % 2 === 0, key > 1];
      const together = logitsOf(network, images, scripted(pattern), 'skipping');
      const alone = [0, 1, 2, 3].flatMap((b) => [
        ...logitsOf(
          network,
          tf.slice(images, [b, 0, 0, 0], [1, -1, -1, -1]),
          scripted((l) => pattern(l, b)),
          'skipping',
        ),
      ]);
      expect(maxRelativeDifference(alone, together)).toBeLessThan(1e-6);
    });

    it.each([1, 3])('never touches a sub-block that is closed for all of a batch of %i', (count) => {
      const network = createNetwork(tinyDynamic(), { seed: 5 });
      for (const [name, variable] of network.variables) {
        // what is multiplied by 0 would still be NaN
        if (name.includes('subblock1')) variable.assign(tf.fill(variable.shape, NaN));
      }
      const images = arbitraryImages(count, 8);
      const policy = scripted([
        [true, false],
        [true, false],
      ]);
      expect([...logitsOf(network, images, policy, 'skipping')].every(Number.isFinite)).toBe(true);
      // the fused sum does not read a closed path
      const masked = [...logitsOf(network, images, policy, 'masked')];
      expect(masked.every(hasNormSum() ? Number.isFinite : Number.isNaN)).toBe(true);
    });

    it('runs no convolution that no image needs', async () => {
      const network = createNetwork(tinyDynamic(), { seed: 5 });
      const images = arbitraryImages(1, 8);
      const convolutions = async (open: boolean[]) => {
        const { kernels } = await tf.profile(
          () =>
            network.forward(images, {
              policy: scripted([open, open]),
              statistics: 'moving',
              execution: 'skipping',
            }).logits,
        );
        return kernels.filter(({ name }) => name.includes('Conv2D')).length;
      };
      // stem and projection; three units for each open sub-block of two blocks
      expect(await convolutions([false, false])).toBe(2);
      expect(await convolutions([true, false])).toBe(2 + 2 * 3);
      expect(await convolutions([true, true])).toBe(2 + 2 * 6);
    });

    it('copies no rows where convolutions find and place them', async () => {
      const network = createNetwork(tinyDynamic(), { seed: 5 });
      network.fold();
      const images = arbitraryImages(3, 8);
      const policy = scripted((_, key) => [key === 0, key !== 0]);
      const { kernels } = await tf.profile(
        () => network.forward(images, { policy, statistics: 'moving', execution: 'skipping' }).logits,
      );
      const copies = kernels.filter(({ name, outputShapes }) => {
        return (name === 'Slice' || name === 'Concat') && outputShapes[0]?.length === 4;
      });
      if (hasPackedConvolution()) expect(copies).toEqual([]);
      else expect(copies.length).toBeGreaterThan(0);
    });

    it('reads the gates back once per gated block, and nothing else', () => {
      const network = createNetwork(tinyDynamic(), { seed: 5 });
      const images = arbitraryImages(3, 8);
      const policy = scripted((_, key) => [key === 0, key !== 0]);
      const runForReal = tf.engine().runKernel.bind(tf.engine());
      const read = vi.spyOn(tf.Tensor.prototype, 'dataSync');
      const runKernel = vi.spyOn(tf.engine(), 'runKernel');
      runKernel.mockImplementation((...call) => {
        const before = read.mock.contexts.length;
        const outputs = runForReal(...call);
        read.mock.contexts.length = before; // what plain JavaScript kernels read
        return outputs;
      });
      network.forward(images, { policy, statistics: 'moving', execution: 'skipping' });
      expect(read.mock.contexts.map((tensor) => (tensor as tf.Tensor).shape)).toEqual([
        [3, 2],
        [3, 2],
      ]);
      vi.restoreAllMocks();
    });

    it.each([false, true])('keeps nothing behind, whatever is open (folded: %s)', (folded) => {
      const network = createNetwork(tinyDynamic(), { seed: 5 });
      if (folded) network.fold();
      const images = arbitraryImages(2, 8);
      for (const pattern of [
        () => [false, false],
        () => [true, true],
        (_: number, key: number) => [key === 0, true],
      ]) {
        expectNoLeak(() => ({
          ...network.forward(images, {
            policy: scripted(pattern),
            statistics: 'moving',
            execution: 'skipping',
          }),
        }));
      }
    });

    it('gives a tensor of its own when a block passes its input on unchanged', () => {
      const architecture = tinyArchitecture([
        { kind: 'inverted-residual', shortcut: 'identity', subBlocks: 2, controller: paperController },
        { kind: 'inverted-residual', shortcut: 'identity', subBlocks: 2, controller: paperController },
      ]);
      const network = createNetwork(architecture, { seed: 5 });
      const images = arbitraryImages(2, 8);
      const closed = scripted(() => [false, false]);
      expectNoLeak(() => ({
        ...network.forward(images, { policy: closed, statistics: 'moving', execution: 'skipping' }),
      }));
      expect(
        maxRelativeDifference(
          logitsOf(network, images, closed, 'skipping'),
          logitsOf(network, images, closed, 'masked'),
        ),
      ).toBeLessThan(1e-6);
    });

    it('refuses statistics of a batch, soft gates and NaN', () => {
      const network = createNetwork(tinyDynamic(), { seed: 5 });
      const images = arbitraryImages(2, 8);
      const run = (policy: GatePolicy, statistics: 'batch' | 'moving') => () =>
        network.forward(images, { policy, statistics, execution: 'skipping' });
      expect(
        run(
          scripted([
            [true, true],
            [true, true],
          ]),
          'batch',
        ),
      ).toThrow(/statistics: expected 'moving' .* got 'batch'/);
      const soft: GatePolicy = (logits) => tf.fill([logits.shape[0], logits.shape[1]], 0.5);
      expect(run(soft, 'moving')).toThrow(
        /stage0\.block0: gate of image 0, sub-block 0: expected 0 or 1, got 0\.5.*masked/,
      );
      const nan: GatePolicy = (logits) => tf.fill([logits.shape[0], logits.shape[1]], NaN);
      expect(run(nan, 'moving')).toThrow(/got NaN\. Look for NaN/);
      expect(run(nan, 'moving')).toThrow(expect.objectContaining({ code: 'DMNN_EXECUTION' }));
    });
  });
});
