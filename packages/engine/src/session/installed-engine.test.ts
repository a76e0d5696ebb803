import { spawnSync } from 'node:child_process';
import { type Activation, type Architecture, activations } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { anyPaddedTiny, anyTiny, arbitraryImage, relativeDifference, tinyDynamic } from '@dmnn/test-networks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { installedCore } from '../fixtures/installed-core.js';
import { interpretPlan } from '../fixtures/interpret-plan.js';
import { observedQuantisation } from '../fixtures/observed-quantisation.js';
import { maskedOutputs, randomGates } from '../fixtures/masked-outputs.js';
import { encodePlan } from '../plan/encode-plan.js';
import { makePlan } from '../plan/make-plan.js';
import { quantiseNetwork } from './quantise-network.js';
import { masksOf } from './gate-masks.js';
import { locatedCore } from './located-core.js';
import { openEngine } from './open-engine.js';

const installed = installedCore();
const reason = 'reason' in installed ? installed.reason : undefined;
const title = reason === undefined ? 'the installed engine' : `the installed engine (not run: ${reason})`;

/** Gates whose log-odds are nearer to the threshold than this are decided by rounding. */
const CLOSE = 1e-5;

function imageOf({ imageSizePx, inChannels }: Architecture, seed: number): Float32Array {
  return arbitraryImage(imageSizePx ** 2 * inChannels, seed);
}

function chwOf(image: Float32Array, { imageSizePx, inChannels }: Architecture): Float32Array {
  const pixels = imageSizePx ** 2;
  return image.map((_, i) => image[(i % pixels) * inChannels + Math.floor(i / pixels)] as number);
}

function randomOf(seed: number): () => number {
  let draw = seed;
  return () => (draw = (draw * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** In float32: logits within 1e-4 of the largest under patterns and under own gates, which are equal if they are clear. */
async function expectAgreement(architecture: Architecture, seed: number, patterns: number): Promise<void> {
  const weights = arbitraryWeights(architecture, seed);
  const image = imageOf(architecture, seed);
  const random = randomOf(seed);
  const engine = await openEngine({ architecture, weights }, { precision: 'f32' });
  for (let i = 0; i < patterns; i++) {
    const pattern = randomGates(architecture, random);
    const expected = maskedOutputs(architecture, weights, image, pattern);
    const ours = await engine.run(image, { pattern });
    expect(ours.gates).toEqual(pattern);
    for (const [g, value] of ours.gateLogOdds.flat().entries()) {
      const own = expected.logOdds.flat()[g] as number;
      expect(Math.abs(value - own)).toBeLessThan(1e-4 * Math.max(1, Math.abs(own)));
    }
    expect(relativeDifference(ours.logits, expected.logits)).toBeLessThan(1e-4);
  }
  const expected = maskedOutputs(architecture, weights, image);
  const isClear = expected.logOdds.flat().every((value) => Math.abs(value) > CLOSE);
  const ours = await engine.run(image);
  await engine.close();
  if (!isClear) return;
  expect(ours.gates).toEqual(expected.gates);
  expect(relativeDifference(ours.logits, expected.logits)).toBeLessThan(1e-4);
}

describe.skipIf(reason !== undefined)(title, () => {
  it('gives what masked execution gives, for any small network', async () => {
    await fc.assert(
      fc.asyncProperty(anyPaddedTiny, fc.integer({ min: 1, max: 1000 }), (architecture, seed) =>
        expectAgreement(architecture, seed, 2),
      ),
      { numRuns: 40 },
    );
  });

  it.each<[string, number]>([
    ['cifar-resnet8', 32],
    ['dmnn-cifar-resnet8-n2', 32],
    ['dmnn-cifar-resnet8-n4', 9],
    ['dmnn-cifar-resnet8-n6', 16],
    ['cifar-resnext29-4x24d-0.25', 16],
    ['convnet-aig-cifar-resnet20', 32],
    ['skipnet-cifar-resnet20', 32],
    ['dmnn-mobilenetv2-n2', 33],
    ['dmnn50-0.25-n4', 33],
  ])('gives what masked execution gives: %s at %d px', async (name, imageSizePx) => {
    await expectAgreement(createArchitecture(name, { imageSizePx }), 7, 4);
  });

  it.each(Object.keys(activations) as Activation[])(
    'gives what masked execution gives with %s between the linear layers of a head',
    async (activation) => {
      const plain = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { imageSizePx: 16 });
      const hidden = [9, 7].map((features) => ({ features, activation }));
      await expectAgreement({ ...plain, head: { ...plain.head, hidden } }, 5, 4);
    },
  );

  it('agrees with float32 in bfloat16, as closely as its 8 bits allow', async () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
    const network = { architecture, weights: arbitraryWeights(architecture, 2) };
    const engines = [];
    for (const precision of ['f32', 'bf16'] as const) engines.push(await openEngine(network, { precision }));
    const [wide, narrow] = engines;
    for (let seed = 1; seed <= 4; seed++) {
      const image = imageOf(architecture, seed);
      const pattern = randomGates(architecture, randomOf(seed));
      const [expected, ours] = [await wide!.run(image, { pattern }), await narrow!.run(image, { pattern })];
      expect(relativeDifference(ours.logits, expected.logits)).toBeLessThan(2 ** -5);
    }
    await Promise.all(engines.map((engine) => engine.close()));
  });

  it('computes in int8 what its plan says, for any small network', async () => {
    const core = locatedCore(undefined);
    await fc.assert(
      fc.asyncProperty(anyTiny, fc.integer({ min: 1, max: 1000 }), async (architecture, seed) => {
        const network = { architecture, weights: arbitraryWeights(architecture, seed) };
        const image = imageOf(architecture, seed);
        const plan = makePlan(network, { quantisation: observedQuantisation(network, image) });
        const pattern = randomGates(architecture, randomOf(seed));
        const native = core.open(encodePlan(plan), plan.tensors, false, 1, 1);
        const masks = masksOf(
          pattern,
          pattern.map(({ length }) => length),
        );
        const { logits } = await core.run(native, image, false, masks, undefined);
        core.close(native);
        // a number halfway between two may be rounded otherwise
        expect(relativeDifference(logits, interpretPlan(plan, image, pattern).logits)).toBeLessThan(0.05);
      }),
      { numRuns: 40 },
    );
  });

  it.each<[string, number]>([
    ['cifar-resnet8', 16],
    ['dmnn-cifar-resnet8-n2', 16],
    ['dmnn-cifar-resnet8-n4', 9],
    ['dmnn-cifar-resnet8-n6', 16],
    ['cifar-resnext29-4x24d-0.25', 16],
    ['convnet-aig-cifar-resnet20', 16],
    ['dmnn-cifar-mobilenetv2-n2', 16],
    ['dmnn-mobilenetv2-n2', 33],
  ])('in int8 observes, quantises and computes as its plan does: %s at %d px', async (name, imageSizePx) => {
    const architecture = createArchitecture(name, { imageSizePx });
    const network = { architecture, weights: arbitraryWeights(architecture, 7) };
    const images = [1, 2, 3].map((seed) => imageOf(architecture, seed));
    const quantisation = await quantiseNetwork(network, images, { percentile: 1, workers: 2 });
    const observed = observedQuantisation(network, images[0]!);
    for (const [site, range] of Object.entries(observed.ranges))
      expect(quantisation.ranges[site]).toBeGreaterThanOrEqual(range * (1 - 1e-4));
    expect(Object.keys(quantisation.ranges).sort()).toEqual(Object.keys(observed.ranges).sort());

    const [narrow, wide] = [
      await openEngine(network, { precision: 'int8', quantisation }),
      await openEngine(network, { precision: 'f32' }),
    ];
    expect(narrow.precision).toBe('int8');
    const plan = makePlan(network, { quantisation });
    for (const image of images) {
      const pattern = randomGates(architecture, randomOf(3));
      const [ours, float] = [await narrow.run(image, { pattern }), await wide.run(image, { pattern })];
      const expected = interpretPlan(plan, image, pattern).logits;
      expect(relativeDifference(ours.logits, expected)).toBeLessThan(0.01);
      expect(relativeDifference(ours.logits, float.logits)).toBeLessThan(0.2);
    }
    const planes = await narrow.run(chwOf(images[0]!, architecture), { layout: 'chw' });
    expect(planes).toEqual(await narrow.run(images[0]!));
    await Promise.all([narrow.close(), wide.close()]);
  });

  it('has kernels in 8 bits for the networks of the zoo, none of which is a reference', () => {
    const core = locatedCore(undefined);
    for (const name of [
      'resnet18',
      'dmnn-cifar-resnet8-n6',
      'cifar-resnext29-4x24d-0.25',
      'dmnn-cifar-mobilenetv2-n2',
    ]) {
      const architecture = createArchitecture(name, { imageSizePx: 32 });
      const network = { architecture, weights: arbitraryWeights(architecture, 1) };
      const { sites } = makePlan(network, { observes: true });
      const ranges = Object.fromEntries(sites.map((site) => [site, 1]));
      const quantisation = { network: name, weights: '', images: 1, percentile: 1, ranges };
      const plan = makePlan(network, { quantisation });
      const native = core.open(encodePlan(plan), plan.tensors, false, 1, 1);
      expect(core.implementations(native).filter((kernel) => kernel.startsWith('ref'))).toEqual([]);
      core.close(native);
    }
  });

  it('opens gates by a threshold as thresholded of @dmnn/gating does', async () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
    const weights = arbitraryWeights(architecture, 5);
    const engine = await openEngine({ architecture, weights }, { precision: 'f32' });
    const image = imageOf(architecture, 5);
    const { logOdds } = maskedOutputs(architecture, weights, image);
    // only the first block's gates are the same whatever is decided
    const first = logOdds[0] as number[];
    for (const threshold of [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1]) {
      const least = Math.log(threshold / (1 - threshold));
      const { gates } = await engine.run(image, { threshold });
      first.forEach((value, n) => {
        if (Math.abs(value - least) > CLOSE) expect(gates[0]?.[n]).toBe(value >= least);
      });
    }
    const open = await engine.run(image, { threshold: 0 });
    const closed = await engine.run(image, { threshold: 1 });
    expect([open.gates.flat().every(Boolean), closed.gates.flat().some(Boolean)]).toEqual([true, false]);
    await engine.close();
  });

  it('gives the same bits for [H, W, C] and [C, H, W], and on any worker at any time', async () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
    const { imageSizePx, inChannels } = architecture;
    const engine = await openEngine(
      { architecture, weights: arbitraryWeights(architecture, 3) },
      { precision: 'auto', workers: 3 },
    );
    const images = Array.from({ length: 40 }, (_, i) => imageOf(architecture, i + 1));
    const serial = [];
    for (const image of images) serial.push(await engine.run(image));
    const pixels = imageSizePx ** 2;
    const planes = images.map((image) =>
      image.map((_, i) => image[(i % pixels) * inChannels + Math.floor(i / pixels)] as number),
    );
    expect(await Promise.all(planes.map((image) => engine.run(image, { layout: 'chw' })))).toEqual(serial);
    await engine.close();
  });

  it('is closed with images in flight: those that wait are rejected, the others done', async () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
    const engine = await openEngine({ architecture, weights: arbitraryWeights(architecture, 3) });
    const image = imageOf(architecture, 1);
    const running = Array.from({ length: 50 }, () => engine.run(image));
    const closing = engine.close();
    const settled = await Promise.allSettled(running);
    await closing;
    for (const each of settled) {
      if (each.status === 'fulfilled') expect(each.value.logits).toHaveLength(100);
      else
        expect(each.reason).toMatchObject({
          code: 'DMNN_ENGINE',
          message: expect.stringContaining('got a closed one') as string,
        });
    }
    await expect(engine.run(image)).rejects.toThrow(/got a closed one/);
  });

  it.each([
    ['process.exit(0)', [0, null]],
    ['process.kill(process.pid, "SIGTERM")', [null, 'SIGTERM']],
    ['core.close(engine)', [0, null]],
    ['undefined', [0, null]],
  ])('lets a process end well that has images in flight: %s', (ending, expected) => {
    const { status, signal } = spawnSync(process.execPath, ['-e', `${BEGIN}; begun(${ending});`], inputs());
    expect([status, signal]).toEqual(expected);
  });

  it('lets a worker thread be terminated that has images in flight', () => {
    const program = `
      const { Worker } = require('node:worker_threads');
      const inputs = require('node:fs').readFileSync(0, 'utf8');
      (async () => {
        for (let i = 0; i < 3; i++) {
          const worker = new Worker(${JSON.stringify(`${BEGIN}; require('node:worker_threads').parentPort.postMessage(1)`)}, { eval: true, workerData: inputs });
          await new Promise((resolve) => worker.once('message', resolve));
          await worker.terminate();
        }
      })();`;
    const { status, signal, stderr } = spawnSync(process.execPath, ['-e', program], inputs());
    expect([status, signal, stderr]).toEqual([0, null, '']);
  });
});

/** A program that begins 500 images of {@link inputs}. */
const BEGIN = `
const text = require('node:worker_threads').workerData ?? require('node:fs').readFileSync(0, 'utf8');
const { core: file, words, tensors, length } = JSON.parse(text);
const core = require(file);
const engine = core.open(Int32Array.from(words), tensors.map((each) => Float32Array.from(each)), false, 2, 1);
for (let i = 0; i < 500; i++) core.run(engine, new Float32Array(length), false).catch(() => undefined);
const begun = () => undefined`;

/** Core and plan, as text on standard input. */
function inputs(): { input: string; encoding: 'utf8' } {
  const architecture = tinyDynamic();
  const plan = makePlan({ architecture, weights: arbitraryWeights(architecture, 1) });
  const tensors = plan.tensors.map((tensor) => [...tensor]);
  const length = architecture.imageSizePx ** 2 * architecture.inChannels;
  const core = 'path' in installed ? installed.path : '';
  return { input: JSON.stringify({ core, words: [...encodePlan(plan)], tensors, length }), encoding: 'utf8' };
}
