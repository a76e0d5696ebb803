import { describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

/** One step each: the recipes' batches have 64 images. */
const small = ['demo', '--data', 'built-in=64', '--training-images', '64', '--test-images', '6'];

describe('dmnn demo', () => {
  it('prints error, cost, times and execution rates of both networks, and how to go on', async () => {
    const { code, out, err } = await run(small, { env: { npm_lifecycle_event: 'start' } });
    expect(code).toBe(0);
    expect(out).toMatch(
      /^network +top-1 error +parameters +full MACs +mean MACs +ratio +masked +skipping +(compiled|onnx) f32$/m,
    );
    expect(out).toMatch(
      /^cifar-resnet\S+ +\d+\.\d % +\S+ [kM] +\S+ M +\S+ M +100\.0 % +\S+ ms +\S+ ms +\S+ ms$/m,
    );
    expect(out).toMatch(
      /^dmnn-cifar-resnet\S+-n2 +\d+\.\d % +\S+ [kM] +\S+ M +\S+ [kM] +\d+\.\d % +\S+ ms +\S+ ms +\S+ ms$/m,
    );
    expect(out).toMatch(/^stage0\.block0 +\d+\.\d % +\d+\.\d %$/m);
    expect(out).toMatch(
      /^The native backend.*: npx dmnn backend install, then npm start -- --backend native$/m,
    );
    expect(out).toMatch(/real CIFAR-100.*: npm start -- --data cifar100=PATH$/m);
    expect(err).toMatch(/^backend wasm: /m);
    expect(err).toMatch(/^engine (compiled|onnx): .*; the fastest that works$/m);
    expect(err).not.toContain('dmnn backend install\n'); // the result says it
  });

  it('prints one value with --json', async () => {
    const { code, out } = await run([...small, '--json']);
    expect(code).toBe(0);
    const { networks, ...whole } = JSON.parse(out) as { networks: Record<string, unknown>[] };
    expect(whole).toMatchObject({ data: 'built-in', trainingImages: 64, testImages: 6 });
    expect(networks).toHaveLength(2);
    expect(networks[0]).toMatchObject({ macsRatio: 1, targetRate: null, executionRates: [] });
    expect(networks[1]).toMatchObject({
      targetRate: expect.any(Number) as number,
      msPerImage: { masked: expect.any(Number) as number, skipping: expect.any(Number) as number },
    });
    const shared = ['top1ErrorPercent', 'meanMacs', 'macsRatio', 'executionRates'] as const;
    for (const network of networks) {
      const found = network['engine'] as Record<string, unknown>;
      expect(shared.map((key) => found[key])).toEqual(shared.map((key) => network[key]));
      expect(found).toMatchObject({ precision: 'f32', msPerImage: expect.any(Number) as number });
    }
  });

  it('evaluates in no engine if asked for TensorFlow.js, and in ONNX Runtime where none is compiled', async () => {
    const { code, out, err } = await run([...small, '--engine', 'tfjs', '--json']);
    expect([code, err]).toEqual([0, expect.not.stringContaining('engine ')]);
    const { networks } = JSON.parse(out) as { networks: Record<string, unknown>[] };
    expect(networks.map((network) => 'engine' in network)).toEqual([false, false]);
    const without = await run(small, { env: { XDG_CACHE_HOME: '/nowhere/at/all' } });
    expect([without.code, without.err]).toEqual([
      0,
      expect.stringMatching(/^engine compiled: not used: .*dmnn backend install --engine/m),
    ]);
    expect(without.out).toMatch(/skipping +onnx f32$/m);
  });

  it('ends with 130 when interrupted', async () => {
    const { code, out } = await run(small, {
      onInterrupt: (listener) => {
        listener();
        return () => undefined;
      },
    });
    expect([code, out]).toEqual([130, '']);
  });

  it.each([
    [['--data', 'cifar100'], 2, 'DMNN_USAGE'],
    [['--data', 'cifar100=/nowhere/at/all'], 1, 'DMNN_DATA'],
    [['--data', 'mnist'], 2, 'DMNN_UNKNOWN_DATASET'],
    [['--training-images', '3'], 2, 'DMNN_USAGE'],
    [['--backend', 'webgl'], 2, 'DMNN_USAGE'],
    [['--engine', 'torch'], 2, 'DMNN_USAGE'],
    [['--engine', 'onnx', '--precision', 'bf16'], 2, 'DMNN_USAGE'],
  ])('refuses %j', async (options, exitCode, code) => {
    const { code: ended, err } = await run(['demo', ...options, '--json']);
    expect(JSON.parse(err)).toMatchObject({ error: { code } });
    expect(ended).toBe(exitCode);
  });
});
