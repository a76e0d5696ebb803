import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../testing/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-eval-'));
const trained = join(folder, 'run');

beforeAll(async () => {
  const { code, err } = await run([
    ...['train', '--recipe', 'demo-dynamic', '--backend', 'wasm', '--data', 'built-in=16', '--out', trained],
    ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--set', 'batchSize=8', '--set', 'epochs=1'],
    ...['--set', 'gating.openingRate=0.5'],
  ]);
  if (code !== 0) throw new Error(err);
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const evaluation = ['top1ErrorPercent', 'meanMacs', 'macsRatio', 'executionRates', 'msPerImage'];

describe('dmnn eval', () => {
  it('prints exactly the promised fields with --json', async () => {
    const { code, out } = await run(['eval', trained, '--backend', 'wasm', '--json']);
    expect(code).toBe(0);
    const found = JSON.parse(out) as { executionRates: number[][] };
    expect(Object.keys(found)).toEqual(evaluation);
    expect(found.executionRates.map((rates) => rates.length)).toEqual([2, 2, 2]);
  });

  it('finds the same masked and skipping, and says how they compare', async () => {
    const { code, out } = await run(['eval', trained, '--backend', 'wasm', '--execution', 'both', '--json']);
    expect(code).toBe(0);
    const found = JSON.parse(out) as Record<string, Record<string, unknown>>;
    expect(Object.keys(found)).toEqual([...evaluation, 'masked', 'comparison']);
    expect(found).toMatchObject({ ...found['masked'], msPerImage: expect.any(Number) as number });
    expect(found['comparison']).toMatchObject({
      images: 4,
      gates: 24,
      decidedDifferences: 0,
      predictionDifferences: 0,
    });
  });

  it('prints error, cost, time and the rate of every sub-block', async () => {
    const { out } = await run(['eval', trained, '--backend', 'wasm', '--execution', 'both']);
    expect(out).toMatch(/^dmnn-cifar-resnet8-0\.25-n2, epoch 1, step 2: 4 test images of built-in$/m);
    expect(out).toMatch(/^ +masked +skipping$/m);
    expect(out).toMatch(/^top-1 error +\d+\.\d\d % +\d+\.\d\d %$/m);
    expect(out).toMatch(/^time per image +\S+ ms +\S+ ms$/m);
    expect(out).toMatch(/^execution rates +sub-block 0 +sub-block 1$/m);
    expect(out).toMatch(/^stage2\.block0 +\d+\.\d % +\d+\.\d %$/m);
    expect(out).toMatch(/24 gates: 0 decided otherwise/);
  });

  it('ends with 130 when interrupted', async () => {
    const { code, out } = await run(['eval', trained, '--backend', 'wasm', '--batch-size', '1'], {
      onInterrupt: (listener) => {
        listener();
        return () => undefined;
      },
    });
    expect([code, out]).toEqual([130, '']);
  });

  it.each([
    [
      ['--execution', 'maskd'],
      2,
      'DMNN_USAGE',
      /--execution: expected masked, skipping, both, got 'maskd'.*Did you mean masked/,
    ],
    [['--data', 'cifr100=x'], 2, 'DMNN_UNKNOWN_DATASET', /cifar100=PATH/],
    [['--batch-size', '0'], 2, 'DMNN_USAGE', /--batch-size: expected an integer >= 1/],
    [['--data', 'cifar100=/nowhere/at/all'], 1, 'DMNN_DATA', /nowhere/],
  ])('refuses %j', async (options, exitCode, code, message) => {
    const { code: ended, err } = await run(['eval', trained, '--backend', 'wasm', ...options, '--json']);
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringMatching(message) as string },
    });
    expect(ended).toBe(exitCode);
  });

  it('refuses a folder that holds no run, and weights with one bit flipped', async () => {
    const none = await run(['eval', folder, '--backend', 'wasm', '--json']);
    expect(none.code).toBe(1);
    expect(none.err).toContain('DMNN_RUN_FOLDER');

    const { readFileSync, readdirSync } = await import('node:fs');
    const best = join(trained, 'best');
    const file = join(
      best,
      readdirSync(best).find((name) => name.startsWith('step-')) ?? '',
      'weights.safetensors',
    );
    const bytes = readFileSync(file);
    bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const flipped = await run(['eval', trained, '--backend', 'wasm', '--json']);
    expect(flipped.code).toBe(1);
    expect(flipped.err).toContain('DMNN_CHECKPOINT');
  });
});
