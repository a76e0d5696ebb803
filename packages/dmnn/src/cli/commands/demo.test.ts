import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateEngine } from '@dmnn/engine';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-demo-test-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** Two steps each: the recipe's batches have 32 images. */
const small = ['demo', '--data', 'shapes=140', '--training-images', '64', '--test-images', '6'];

describe('dmnn demo', () => {
  it('prints error, cost and time of each system, writes a page, and says how to go on', async () => {
    const folder = join(root, 'shown');
    const { code, out, err } = await run([...small, '--out', folder], {
      env: { npm_lifecycle_event: 'start' },
    });
    expect(code).toBe(0);
    expect(out).toMatch(/^ +what runs +top-1 error +mean MACs +of the full +time per image$/m);
    expect(out).toMatch(/^static +cifar-resnet\S+, the full network +\d+\.\d\d % +\S+ M +100\.0 % +\S+ ms$/m);
    expect(out).toMatch(/^narrowed +cifar-resnet.*? +\d+\.\d\d % +\S+ [Mk] +\d+\.\d % +\S+ ms$/m);
    expect(out).toMatch(
      /^dynamic +cifar-resnet\S+, then cifar-resnet\S+ +\d+\.\d\d % +\S+ [Mk] +\d+\.\d % +\S+ ms$/m,
    );
    expect(out).toMatch(/^at random +the same two.* +\d+\.\d\d % +\S+ [Mk] +\d+\.\d % +–$/m);
    expect(out).toMatch(/^The dynamic system makes .* errors .* the full network at \d+\.\d % of its/m);
    expect(out).toContain(`Where images stop, as pictures: ${join(folder, 'report.html')}\n`);
    expect(out).toMatch(
      /^The native backend.*: npx dmnn backend install, then npm start -- --backend native$/m,
    );
    expect(out).toMatch(/real CIFAR-100.*: npm start -- --data cifar100=PATH$/m);
    expect(err).toMatch(/^backend wasm: /m);
    expect(err).toMatch(/^engine (compiled|onnx): .*; the fastest that works$/m);
    expect(err).not.toContain('dmnn backend install\n'); // the result says it
    expect(err).not.toMatch(/warning/i);
    const page = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('Where images stop');
    expect(page.match(/data:image\/png/g)).toHaveLength(6);
    expect(readdirSync(folder).sort()).toEqual(['cascade', 'narrowed', 'report.html', 'small', 'static']);
  });

  it('prints one value with --json', async () => {
    const { code, out } = await run([...small, '--json', '--seed', '7']);
    expect(code).toBe(0);
    const found = JSON.parse(out) as Record<string, unknown> & { report: string };
    expect(found).toMatchObject({ data: 'shapes', seed: 7, trainingImages: 22, testImages: 6 });
    for (const system of ['static', 'narrowed', 'dynamic']) {
      expect(found[system]).toMatchObject({
        top1ErrorPercent: expect.any(Number) as number,
        meanMacs: expect.any(Number) as number,
        msPerImage: expect.any(Number) as number,
      });
    }
    expect(found['dynamic']).toMatchObject({
      control: { top1ErrorPercent: expect.any(Number) as number },
      shares: [expect.any(Number) as number, expect.any(Number) as number],
    });
    expect(existsSync(found.report)).toBe(true);
    rmSync(join(found.report, '..'), { recursive: true });
  });

  it('measures on TensorFlow.js if asked to, and in ONNX Runtime where nothing is compiled', async () => {
    const { code, out, err } = await run([
      ...small,
      '--engine',
      'tfjs',
      '--json',
      '--out',
      join(root, 'tfjs'),
    ]);
    expect([code, err]).toEqual([0, expect.not.stringContaining('engine ')]);
    expect(JSON.parse(out)).toMatchObject({ timedIn: { engine: 'tfjs' }, differences: 0 });
    const without = await run([...small, '--out', join(root, 'onnx')], {
      env: { XDG_CACHE_HOME: '/nowhere/at/all' },
    });
    expect([without.code, without.err]).toEqual([
      0,
      expect.stringMatching(/^engine compiled: not used: .*dmnn backend install --engine/m),
    ]);
    expect(without.out).toMatch(/one at a time, in the engine onnx, f32/);
  });

  it.skipIf(locateEngine().path === undefined)(
    'measures in 8 bits, with ranges of training images',
    async () => {
      const argv = [...small, '--engine', 'compiled', '--precision', 'int8', '--out', join(root, 'int8')];
      const { code, out, err } = await run(argv);
      expect(code).toBe(0);
      const precision = /^engine compiled: (int8|f32) /m.exec(err)?.[1]; // float32 without VNNI
      expect(out).toContain(`in the engine compiled, ${precision}`);
    },
  );

  it('ends with 130 when interrupted, and leaves no temporary folder', async () => {
    const temporary = mkdtempSync(join(root, 'tmp-'));
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = temporary;
    try {
      const { code, out } = await run(small, {
        onInterrupt: (listener) => {
          listener();
          return () => undefined;
        },
      });
      expect([code, out, readdirSync(temporary)]).toEqual([130, '', []]);
    } finally {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    }
  });

  it('refuses a folder that is there', async () => {
    const { code, err } = await run([...small, '--out', root]);
    expect([code, err]).toEqual([2, expect.stringContaining('--out: expected a new folder')]);
  });

  it.each([
    [['--data', 'cifar100'], 2, 'DMNN_USAGE'],
    [['--data', 'cifar100=/nowhere/at/all'], 1, 'DMNN_DATA'],
    [['--data', 'mnist'], 2, 'DMNN_UNKNOWN_DATASET'],
    [['--data', 'shapes=100'], 2, 'DMNN_USAGE'],
    [['--training-images', '3'], 2, 'DMNN_USAGE'],
    [['--backend', 'webgl'], 2, 'DMNN_USAGE'],
    [['--engine', 'torch'], 2, 'DMNN_USAGE'],
    [['--engine', 'onnx', '--precision', 'bf16'], 2, 'DMNN_USAGE'],
  ])('refuses %j', async (options, exitCode, code) => {
    const { code: ended, err } = await run(['demo', ...options, '--json']);
    const last = err.trim().split('\n').at(-1) ?? ''; // after what was found in the data
    expect(JSON.parse(last)).toMatchObject({ error: { code } });
    expect(ended).toBe(exitCode);
  });
});
