import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { createArchitecture } from '@dmnn/backbones';
import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { exportOnnx } from '../export-onnx.js';
import { arbitraryImage, relativeDifference } from '@dmnn/test-networks';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { DynamicSession as BrowserSession } from './browser-session.js';
import { cpuLanes } from './cpu-lanes.js';
import type { OnnxRuntime } from './engine.js';
import { DynamicSession, type DynamicSessionOptions } from './node-session.js';

const architecture = createArchitecture('dmnn-cifar-resnet8-2-n2', { classes: 10 });
const file = exportOnnx({ architecture, weights: arbitraryWeights(architecture, 4) });
const images = Array.from({ length: 12 }, (_, i) => arbitraryImage(32 * 32 * 3, i));
const folder = await mkdtemp(join(tmpdir(), 'dmnn-onnx-'));

afterAll(() => rm(folder, { recursive: true }));

/**
 * Ends a worker by an error, between two images: `terminate` may meet it within ONNX Runtime, which then takes the whole
 * process with it.
 */
async function ended(worker: Worker): Promise<void> {
  const exit = new Promise((resolve) => worker.once('exit', resolve));
  worker.postMessage('not an image');
  await exit;
}

/** ONNX Runtime as on processors for which it has no blocked layout. */
function withoutLayout(onCreate: () => void = () => undefined): OnnxRuntime {
  return {
    Tensor: ort.Tensor,
    InferenceSession: {
      create: (bytes, options) => {
        onCreate();
        if (Buffer.from(bytes).includes('com.microsoft.nchwc'))
          return Promise.reject(new Error('ReorderInput is not a registered function/op'));
        return ort.InferenceSession.create(bytes, options);
      },
    },
  };
}

/** ONNX Runtime that runs everything on its engine for CPUs, whatever providers are named. */
function withoutProviders(): OnnxRuntime {
  return {
    Tensor: ort.Tensor,
    InferenceSession: { create: (bytes) => ort.InferenceSession.create(bytes) },
  };
}

describe('DynamicSession', () => {
  it('gives the same results from bytes, a path, several workers, another layout and a custom runtime', async () => {
    const path = join(folder, 'model.onnx');
    await writeFile(path, file);
    const one = await DynamicSession.create(file, { threads: 1 });
    const expected = await Promise.all(images.map((image) => one.run(image)));
    await one.close();
    expect(new Set(expected.map(({ logits }) => logits[0])).size).toBe(images.length);

    const others = [
      await DynamicSession.create(path, { threads: 1 }),
      await DynamicSession.create(file, { workers: 2 }),
      await DynamicSession.create(file, { runtime: ort, threads: 1 }),
    ];
    for (const other of others) {
      expect(await Promise.all(images.map((image) => other.run(image)))).toEqual(expected);
      await other.close();
    }
    const [written, browser] = [
      await DynamicSession.create(file, { form: 'as-written', threads: 1 }),
      await BrowserSession.create(file, { runtime: ort, threads: 1 }),
    ];
    for (const [i, image] of images.entries()) {
      const result = await written.run(image);
      expect(await browser.run(image)).toEqual(result);
      expect([result.gates, result.macs]).toEqual([expected[i]!.gates, expected[i]!.macs]);
      expect(relativeDifference(result.logits, expected[i]!.logits)).toBeLessThan(1e-5);
    }
    await Promise.all([written.close(), browser.close()]);
  });

  it('also accepts images channel by channel', async () => {
    const session = await DynamicSession.create(file, { threads: 1 });
    const image = images[0]!;
    const planes = Float32Array.from(image, (_, i) => image[(i % 1024) * 3 + Math.floor(i / 1024)]!);
    expect(await session.run(planes, { layout: 'chw' })).toEqual(await session.run(image));
    await session.close();
  });

  it('describes the file', async () => {
    const { description, form, ...session } = await DynamicSession.create(file);
    expect(description).toMatchObject({
      name: 'dmnn-cifar-resnet8-2-n2',
      imageSizePx: 32,
      classes: 10,
      subBlocks: [2, 2, 2],
    });
    expect(session).toEqual({});
    const lanes = await cpuLanes(ort);
    expect(form).toEqual(
      lanes ? { cpuLanes: lanes } : { asWrittenBecause: 'ONNX Runtime has no blocked layout here' },
    );
  });

  it('does not change the image', async () => {
    const session = await DynamicSession.create(file, { workers: 2 });
    const image = Float32Array.from(images[0]!);
    await session.run(image);
    expect(image).toEqual(images[0]);
    await session.close();
  });

  it('rejects images of the wrong size or with numbers that are not finite, and stays usable', async () => {
    const session = await DynamicSession.create(file, { threads: 1 });
    await expect(session.run(new Float32Array(10))).rejects.toThrow(
      /expected a Float32Array of 3072 numbers, \[32, 32, 3\], got 10/,
    );
    await expect(
      session.run(Float32Array.from(images[0]!, (value, i) => (i === 9 ? NaN : value))),
    ).rejects.toThrow(/got NaN/);
    await expect(
      session.run(Float32Array.from(images[0]!, (value, i) => (i === 9 ? Infinity : value))),
    ).rejects.toThrow(/got Infinity/);
    await expect(session.run(images[0]!, { layout: 'nchw' as never })).rejects.toThrow(
      /expected 'hwc' or 'chw'/,
    );
    await expect(session.run([1, 2, 3] as never)).rejects.toMatchObject({ code: 'DMNN_SESSION' });
    expect((await session.run(images[0]!)).logits).toHaveLength(10);
    await session.close();
  });

  it('rejects images after it was closed, and those that are waiting', async () => {
    const session = await DynamicSession.create(file, { workers: 2 });
    const runs = images.map((image) => session.run(image));
    const closed = session.close();
    const results = await Promise.allSettled(runs);
    await closed;
    expect(results.some(({ status }) => status === 'rejected')).toBe(true);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'DMNN_SESSION' });
    }
    await expect(session.run(images[0]!)).rejects.toThrow(/closed/);
  });

  it('rejects an image that runs when the session is closed, by code, with and without workers', async () => {
    for (const workers of [1, 2]) {
      const session = await DynamicSession.create(file, { workers, threads: 1 });
      const runs = images.map((image) => session.run(image));
      await Promise.resolve(); // the first ones are with the engine
      const closed = session.close();
      const results = await Promise.allSettled(runs);
      await closed;
      for (const { status, ...result } of results) {
        expect(status).toBe('rejected');
        expect(result).toMatchObject({ reason: { code: 'DMNN_SESSION' } });
      }
    }
  });

  it('replaces a worker that ends, and loses only the image that it had', async () => {
    const workers: Worker[] = [];
    process.on('worker', (worker) => workers.push(worker));
    onTestFinished(() => {
      process.removeAllListeners('worker');
    });
    const session = await DynamicSession.create(file, { workers: 2 });
    const many = Array.from({ length: 40 }, (_, i) => images[i % images.length]!);
    for (let round = 0; round < 2; round++) {
      const runs = many.map((image) => session.run(image));
      const settled = Promise.allSettled(runs); // before a worker ends: a rejection without a handler ends the process
      await runs[0]; // both have one
      await ended(workers[round]!);
      const results = await settled;
      const lost = results.filter(({ status }) => status === 'rejected');
      expect(lost.length).toBeLessThanOrEqual(1);
      for (const one of lost) expect(one).toMatchObject({ reason: { code: 'DMNN_SESSION' } });
    }
    expect(await Promise.all(images.map((image) => session.run(image)))).toHaveLength(images.length);
    expect(workers.length).toBe(4); // one that ended without an image is replaced when it is to get one
    await session.close();
  });

  it('says by code when workers cannot start', async () => {
    const options = { workers: 2, engineOptions: { notClonable: () => undefined } };
    await expect(DynamicSession.create(file, options)).rejects.toMatchObject({ code: 'DMNN_SESSION' });
  });

  it('rejects bytes that are not an ONNX file', async () => {
    const noise = Uint8Array.from({ length: 200 }, (_, i) => (i * 37) % 256);
    await expect(DynamicSession.create(noise)).rejects.toMatchObject({ code: 'DMNN_SESSION' });
    await expect(DynamicSession.create(new Uint8Array())).rejects.toThrow(/metadata 'dmnn', got none/);
    await expect(DynamicSession.create(join(folder, 'none.onnx'))).rejects.toThrow(
      /none\.onnx: expected a file that can be read, got no such file or folder \(ENOENT\)/,
    );
    const cut = file.subarray(0, file.length - 1000);
    await expect(DynamicSession.create(cut)).rejects.toMatchObject({ code: 'DMNN_SESSION' });
  });

  it('rejects a file whose graph the engine cannot open, with one worker and with several', async () => {
    const broken = Uint8Array.from(file);
    const at = Buffer.from(file).indexOf('GlobalAveragePool');
    broken.set(Buffer.from('GlobalAveragePuul'), at);
    await expect(DynamicSession.create(broken)).rejects.toThrow(/ONNX Runtime cannot open it/);
    await expect(DynamicSession.create(broken, { workers: 2 })).rejects.toThrow(
      /ONNX Runtime cannot open it/,
    );
  });

  it('rejects unknown options', async () => {
    await expect(DynamicSession.create(file, { worker: 2 } as never)).rejects.toThrow(/got 'worker'/);
    await expect(DynamicSession.create(file, { workers: 0 })).rejects.toThrow(
      /workers: expected a whole number from 1/,
    );
    await expect(DynamicSession.create(file, { threads: NaN })).rejects.toThrow(
      /threads: expected a whole number from 1/,
    );
    await expect(DynamicSession.create(file, { form: 'blocked' as never })).rejects.toThrow(
      /form: expected 'fastest' or 'as-written', got blocked/,
    );
    await expect(DynamicSession.create(file, { runtime: ort, workers: 2 })).rejects.toThrow(
      /workers: expected 1/,
    );
  });

  it.each<[string, DynamicSessionOptions, RegExp]>([
    ['that is asked for as written', { form: 'as-written' }, /option form is 'as-written'/],
    [
      'for other engines of the runtime',
      { engineOptions: { executionProviders: ['xnnpack', 'cpu'] }, runtime: withoutProviders() },
      /executionProviders names other engines/,
    ],
    ['for a runtime without that layout', { runtime: withoutLayout() }, /has no blocked layout here/],
  ])('runs a file %s as it is, and says why', async (_, options, reason) => {
    const session = await DynamicSession.create(file, options);
    expect(session.form).toEqual({ asWrittenBecause: expect.stringMatching(reason) as string });
    expect((await session.run(images[0]!)).logits).toHaveLength(10);
    await session.close();
  });

  it('measures the lanes of a runtime once', async () => {
    let created = 0;
    const runtime = withoutLayout(() => (created += 1));
    for (let i = 0; i < 3; i++)
      await (await DynamicSession.create(file, { runtime: { ...runtime } })).close();
    expect(created).toBe(4); // a graph that measures, and the file three times
  });

  it('requires a runtime and bytes in a browser', async () => {
    await expect(BrowserSession.create(file, {} as never)).rejects.toThrow(/expected onnxruntime-web/);
    await expect(BrowserSession.create('model.onnx' as never, { runtime: ort })).rejects.toThrow(
      /expected a Uint8Array/,
    );
  });
});
