import { tinyDynamic } from '@dmnn/test-networks';
import { countNetwork, flopsTable, patternMacs } from '@dmnn/flops';
import { describe, expect, it } from 'vitest';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { type FakeCoreOptions, fakeCore } from '../fixtures/fake-core.js';
import { observedQuantisation } from '../fixtures/observed-quantisation.js';
import type { NativeOutputs } from './native-core.js';
import { type EngineOptions, checkedOptions, openOn } from './open-engine.js';

const architecture = tinyDynamic();
const network = { architecture, weights: arbitraryWeights(architecture, 1) };
const { imageSizePx, inChannels } = architecture;
const image = new Float32Array(imageSizePx ** 2 * inChannels);
/** Where a plan says how the image is kept: 0 in floats, 2 in signed bytes. */
const IMAGE_KEPT = 6;
const noExits = { exitLogits: new Float32Array(), stoppedAt: 0 };
const blocks = flopsTable(countNetwork(architecture)).subBlockMacs;

async function opened(fake: FakeCoreOptions = {}, options: EngineOptions = { precision: 'f32' }) {
  const { core, log } = fakeCore(fake);
  return { log, engine: await openOn(core, network, checkedOptions(options)) };
}

describe('openEngine', () => {
  it('describes the network, and says which precision it took and why', async () => {
    const { engine, log } = await opened({}, { precision: 'bf16', workers: 2, threads: 3 });
    expect(engine.description).toMatchObject({
      name: architecture.name,
      imageSizePx,
      inChannels,
      classes: architecture.head.classes,
      subBlockMacs: blocks,
    });
    expect([engine.precision, engine.precisionReason]).toEqual(['bf16', 'as asked']);
    expect(log.opened).toEqual([[true, 2, 3]]);
  });

  it('times both precisions by default, and closes the other', async () => {
    const { engine, log } = await opened({}, {});
    expect(log.opened.map(([isBfloat16]) => isBfloat16)).toEqual([false, true]);
    expect(log.closed).toBe(1);
    expect(engine.precisionReason).toMatch(/^bfloat16 takes .* of the time of float32 on this machine$/);
  });

  it('closes both if timing fails', async () => {
    const { core, log } = fakeCore({ run: () => Promise.reject(new Error('no')) });
    await expect(openOn(core, network, checkedOptions({}))).rejects.toThrow();
    expect(log.closed).toBe(log.opened.length);
  });

  it('falls back to float32 where the processor has no bfloat16, and says so', async () => {
    const { engine } = await opened({ instructionSet: 0x67 }, { precision: 'bf16' });
    expect([engine.precision, engine.precisionReason]).toEqual([
      'f32',
      'this processor has no instructions for bfloat16',
    ]);
  });

  it.each<[object, string]>([
    [{ precision: 'int4' }, "precision: expected f32, bf16, int8, auto, got 'int4'. Leave it out for auto."],
    [
      { precision: 'int8' },
      'precision: expected quantisation or calibrationImages with int8, got neither. Pass what quantiseNetwork gives (dmnn quantize RUN --data … writes it), or a few hundred images.',
    ],
    [
      { precision: 'int8', quantisation: {}, calibrationImages: [] },
      'quantisation, calibrationImages: expected one of them, got both.',
    ],
    [
      { precision: 'bf16', calibrationImages: [] },
      'calibrationImages: expected with precision int8 or auto, got it with bf16.',
    ],
    [{ workers: 0 }, 'workers: expected a whole number from 1 to 1024, got 0.'],
    [{ workers: 1e6 }, 'workers: expected a whole number from 1 to 1024, got 1000000.'],
    [{ threads: 1.5 }, 'threads: expected a whole number from 1 to 1024, got 1.5.'],
    [
      { worker: 2 },
      "options: expected precision, quantisation, calibrationImages, workers, threads, imageSizePx, cacheDirectory, got 'worker'.",
    ],
  ])('refuses %j', (options, message) => {
    expect(() => checkedOptions(options)).toThrow(message);
    expect(() => checkedOptions(options)).toThrow(expect.objectContaining({ code: 'DMNN_ENGINE' }));
  });

  it('says why the core cannot open a network', async () => {
    await expect(opened({ openingFails: 'engine: expected more memory' })).rejects.toMatchObject({
      code: 'DMNN_ENGINE',
      message: `engine: expected to open ${architecture.name}, got: engine: expected more memory. If memory is short, use fewer workers.`,
    });
  });

  it('refuses weights that do not fit or are not finite', async () => {
    const { core } = fakeCore();
    const weights = new Map(network.weights);
    weights.delete('head.linear.bias');
    await expect(openOn(core, { architecture, weights }, checkedOptions({}))).rejects.toMatchObject({
      code: 'DMNN_WEIGHTS',
    });
    const bias = network.weights.get('head.linear.bias');
    weights.set('head.linear.bias', { ...bias!, data: new Float32Array(bias!.data.length).fill(NaN) });
    await expect(openOn(core, { architecture, weights }, checkedOptions({}))).rejects.toMatchObject({
      code: 'DMNN_WEIGHTS',
    });
  });
});

describe('openEngine in int8', () => {
  const quantisation = observedQuantisation(network, image.fill(0.5));
  const heldOut = { images: 100, int8: { sameClass: 1, sameGates: 1 } };
  const images = Array.from({ length: 8 }, () => image);

  it('opens the quantised plan, of a quantisation or of images', async () => {
    const { engine, log } = await opened({}, { precision: 'int8', quantisation });
    expect([engine.precision, engine.precisionReason]).toEqual(['int8', 'as asked']);
    expect(log.plans.map((plan) => plan[IMAGE_KEPT])).toEqual([2]);
    const calibrated = await opened({}, { precision: 'int8', calibrationImages: images });
    expect(calibrated.engine.precision).toBe('int8');
    expect(calibrated.log.plans.map((plan) => plan[IMAGE_KEPT])).toEqual([0, 2]);
    expect(calibrated.log.runs).toHaveLength(2 * images.length);
    expect(calibrated.log.closed).toBe(1);
  });

  it('falls back to float32 where the processor has no such instructions, and says so', async () => {
    const { engine, log } = await opened({ instructionSet: 0x27 }, { precision: 'int8', quantisation });
    expect([engine.precision, engine.precisionReason]).toEqual([
      'f32',
      'this processor has no instructions for products of 8-bit numbers',
    ]);
    expect(log.opened).toHaveLength(1);
    const auto = await opened({ instructionSet: 0x27 }, { quantisation: { ...quantisation, heldOut } });
    expect(auto.engine.precisionReason).toBe(
      'this processor has no instructions for bfloat16; this processor has no instructions for products of 8-bit numbers',
    );
    // of AVX alone
    expect((await opened({ instructionSet: 0x0f }, { precision: 'int8', quantisation })).engine.precision).toBe('int8'); // prettier-ignore
  });

  it('computes in floats what oneDNN has no kernel for in 8 bits', async () => {
    const { log } = await opened(
      { int8Kernels: ['brgconv:avx512_core_vnni', 'ref:any', 'jit_int8:avx512_core'] },
      { precision: 'int8', quantisation },
    );
    const [first, second] = log.plans.map((plan) => plan.length);
    expect(log.plans).toHaveLength(2);
    expect(second).toBeGreaterThan(first!);
    expect(log.closed).toBe(1);
  });

  it('takes int8 by itself only if held-out images agree', async () => {
    const answers = (isInt8Right: boolean) => (_: boolean, isInt8: boolean) =>
      Promise.resolve({
        logits: isInt8 && !isInt8Right ? Float32Array.of(2, 1) : Float32Array.of(1, 2),
        masks: new Uint32Array(8),
        logOdds: new Float32Array(64),
        ...noExits,
      });
    const wrong = await opened({ run: answers(false) }, { calibrationImages: images });
    expect(wrong.engine.precision).not.toBe('int8');
    expect(wrong.engine.precisionReason).toMatch(/int8 takes .* class of 0\.0 % of 2 held-out images, fewer than 99\.5 %$/); // prettier-ignore
    const right = await opened({ run: answers(true) }, { calibrationImages: images });
    expect(right.engine.precisionReason).toMatch(/int8 takes .* class of 100\.0 % of 2 held-out images$/);
    for (const { log } of [wrong, right]) expect(log.closed).toBe(log.opened.length - 1);
  });

  it('believes what a quantisation says of held-out images, and nothing without', async () => {
    const { engine } = await opened({}, { quantisation: { ...quantisation, heldOut } });
    expect(engine.precisionReason).toMatch(/int8 takes .* 100\.0 % of 100 held-out images$/);
    const without = await opened({}, { quantisation });
    expect(without.engine.precision).not.toBe('int8');
    expect(without.engine.precisionReason).toMatch(/; int8 is left out, since its quantisation was compared with float32 on no images$/); // prettier-ignore
  });

  it.each<[EngineOptions, string]>([
    [{ calibrationImages: [] }, 'calibrationImages: expected a list of at least one image, got none.'],
    [{ calibrationImages: [image] }, 'calibrationImages: expected at least two with precision auto'],
    [{ calibrationImages: [image, image.slice(1)] }, 'calibrationImages[1]: expected a Float32Array of '],
    [
      { quantisation: { ...quantisation, network: 'other' } },
      `quantisation: expected one of ${architecture.name}, got one of other.`,
    ],
    [
      { quantisation: { ...quantisation, weights: 'a'.repeat(64) } },
      `quantisation: expected one of these weights of ${architecture.name} (SHA-256 `,
    ],
    [
      { quantisation: { ...quantisation, images: 0 } },
      'quantisation: images: expected a whole number from 1 on, got 0.',
    ],
  ])('refuses what does not fit: %#', async (options, message) => {
    await expect(opened({}, options)).rejects.toMatchObject({
      code: 'DMNN_ENGINE',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('Engine', () => {
  const masks = Uint32Array.from(blocks, (_, l) => l % 4);
  const logOdds = Float32Array.from(blocks.flat(), (_, g) => g - 1.5);
  const answer = (logits: number[]) => (): Promise<NativeOutputs> =>
    Promise.resolve({ logits: Float32Array.from(logits), masks, logOdds, ...noExits });

  it('gives logits, gates and their cost', async () => {
    const { engine } = await opened({ run: answer([1, 2]) });
    const { logits, gates, macs, gateLogOdds } = await engine.run(image);
    expect([...logits]).toEqual([1, 2]);
    expect(gateLogOdds.map(({ length }) => length)).toEqual(blocks.map(({ length }) => length));
    expect(gateLogOdds.flat()).toEqual([...logOdds]);
    expect(engine.version).toBe('oneDNN 3.2.0');
    expect(gates).toEqual(blocks.map((row, l) => row.map((_, n) => ((l % 4) >> n) % 2 === 1)));
    expect(macs).toBe(patternMacs(flopsTable(countNetwork(architecture)), gates));
  });

  it('passes layout, pattern and threshold to the core', async () => {
    const { engine, log } = await opened();
    const pattern = blocks.map((row) => row.map((_, n) => n === 1));
    await engine.run(image, { layout: 'chw', pattern });
    await engine.run(image, { threshold: 0.5 });
    expect(log.runs).toEqual([
      { channelsFirst: true, masks: blocks.map(() => 2), least: undefined },
      { channelsFirst: false, masks: undefined, least: blocks.map(() => -(2 ** -149)) },
    ]);
  });

  it.each<[Float32Array, object, string]>([
    [new Float32Array(3), {}, 'image: expected a Float32Array of '],
    [image.map(() => NaN), {}, 'image: expected finite numbers, got NaN'],
    [image, { layout: 'nhwc' }, "layout: expected 'hwc' or 'chw', got 'nhwc'"],
    [image, { threshold: 2 }, 'threshold: expected a probability'],
    [image, { pattern: [] }, 'pattern: expected the gates of '],
    [image, { pattern: [], threshold: 0.5 }, 'threshold, pattern: expected one of them, got both'],
    [image, { thresholds: [] }, "options: expected layout, threshold, pattern, exits, got 'thresholds'"],
  ])('refuses what is not valid: %#', async (given, options, message) => {
    const { engine, log } = await opened();
    await expect(engine.run(given, options)).rejects.toMatchObject({
      code: 'DMNN_ENGINE',
      message: expect.stringContaining(message) as string,
    });
    expect(log.runs).toEqual([]);
  });

  it('refuses logits that are NaN, and says why the core could not run an image', async () => {
    const nan = await opened({ run: answer([NaN, 1]) });
    await expect(nan.engine.run(image)).rejects.toThrow(
      `logits of ${architecture.name}: expected numbers, got NaN`,
    );
    const failing = await opened({ run: () => Promise.reject(new Error('a step could not be run')) });
    await expect(failing.engine.run(image)).rejects.toMatchObject({
      code: 'DMNN_ENGINE',
      message: 'engine: could not run the image: a step could not be run. See the cause.',
    });
  });

  it('rejects what waits when it is closed, and what comes later; closes the core once', async () => {
    const { engine, log } = await opened({ run: () => new Promise(() => undefined) });
    const waiting = engine.run(image).catch((error: unknown) => error);
    await Promise.all([engine.close(), engine.close()]);
    const closed = {
      code: 'DMNN_ENGINE',
      message: 'engine: expected an open engine, got a closed one. Open another.',
    };
    expect(await waiting).toMatchObject(closed);
    await expect(engine.run(image)).rejects.toMatchObject(closed);
    expect(log.closed).toBe(1);
  });

  it('closes when the images that run are done, and gives their results', async () => {
    let finish: (outputs: NativeOutputs) => void = () => undefined;
    const { core, log } = fakeCore({ run: () => new Promise((resolve) => (finish = resolve)) });
    const begun = { ...core, drop: () => undefined };
    const engine = await openOn(begun, network, checkedOptions({ precision: 'f32' }));
    const running = engine.run(image);
    const closing = engine.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(log.closed).toBe(0);
    finish({ logits: Float32Array.of(3), masks, logOdds, ...noExits });
    expect([...(await running).logits]).toEqual([3]);
    await closing;
    expect(log.closed).toBe(1);
  });
});
