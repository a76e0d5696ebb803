import { describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

/** One step each: the recipes' batches have 64 images. */
const small = ['demo', '--data', 'built-in=64', '--training-images', '64', '--test-images', '6'];

describe('dmnn demo', () => {
  it('prints error, cost, times and execution rates of both networks, and how to go on', async () => {
    const { code, out, err } = await run(small, { env: { npm_lifecycle_event: 'start' } });
    expect(code).toBe(0);
    expect(out).toMatch(/^network +top-1 error +parameters +full MACs +mean MACs +ratio +masked +skipping$/m);
    expect(out).toMatch(/^cifar-resnet\S+ +\d+\.\d % +\S+ [kM] +\S+ M +\S+ M +100\.0 % +\S+ ms +\S+ ms$/m);
    expect(out).toMatch(
      /^dmnn-cifar-resnet\S+-n2 +\d+\.\d % +\S+ [kM] +\S+ M +\S+ [kM] +\d+\.\d % +\S+ ms +\S+ ms$/m,
    );
    expect(out).toMatch(/^stage0\.block0 +\d+\.\d % +\d+\.\d %$/m);
    expect(out).toMatch(
      /^The native backend.*: npx dmnn backend install, then npm start -- --backend native$/m,
    );
    expect(out).toMatch(/real CIFAR-100.*: npm start -- --data cifar100=PATH$/m);
    expect(err).toMatch(/^backend wasm: /m);
    expect(err).not.toContain('dmnn backend install'); // the result says it
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
  ])('refuses %j', async (options, exitCode, code) => {
    const { code: ended, err } = await run(['demo', ...options, '--json']);
    expect(JSON.parse(err)).toMatchObject({ error: { code } });
    expect(ended).toBe(exitCode);
  });
});
