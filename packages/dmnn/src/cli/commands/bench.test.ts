import { createArchitecture } from '@dmnn/backbones';
import { locateEngine } from '@dmnn/engine';
import { countUndivided } from '@dmnn/flops';
import { describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

const model = 'dmnn-cifar-resnet8-0.25-n2';
const quickly = ['--seconds', '0', '--open-shares', '0.5,1', '--batch-sizes', '2'];

describe('dmnn bench', () => {
  it('prints exactly the promised fields with --json, of all engines that work', async () => {
    const { code, out, err } = await run(['bench', model, ...quickly, '--backend', 'cpu', '--json']);
    expect(code).toBe(0);
    expect(err).toContain(`${model}: random weights`);
    expect(err).toMatch(
      /onnx: as written: its sub-blocks are narrower than|onnx: as written: ONNX Runtime has no/,
    );
    const compiled = /compiled: (f32|bf16) \(/.exec(err)?.[1];
    if (compiled === undefined) expect(err).toMatch(/Left out: .*dmnn backend install --engine/);
    const rows = JSON.parse(out) as { engine: string; batch: number; openShare: number; macsRatio: number; timeRatio: number; efficiency: number }[]; // prettier-ignore
    for (const row of rows) {
      expect(Object.keys(row)).toEqual([
        'model',
        'engine',
        'batch',
        'openShare',
        'macsRatio',
        'timeRatio',
        'efficiency',
      ]);
      expect(row.timeRatio).toBeGreaterThan(0);
      expect(row.efficiency).toBeCloseTo(row.macsRatio / row.timeRatio, 9);
    }
    const ours = compiled === undefined ? [] : [0.5, 1].map((share) => [`compiled-${compiled}`, 1, share]);
    expect(rows.map(({ engine, batch, openShare }) => [engine, batch, openShare])).toEqual([
      ...ours,
      ['onnx', 1, 0.5],
      ['onnx', 1, 1],
      ['tfjs-cpu-masked', 2, 0.5],
      ['tfjs-cpu-masked', 2, 1],
      ['tfjs-cpu-skipping', 2, 0.5],
      ['tfjs-cpu-skipping', 2, 1],
    ]);
    // both halves of its sub-blocks are as large as the backbone's blocks
    expect(rows[1]!.macsRatio).toBeGreaterThan(0.98);
    expect(rows[0]!.macsRatio).toBeLessThan(0.75);
  });

  it('runs ONNX files as they are written if asked, and names engines that are not there', async () => {
    const { code, out, err } = await run(
      ['bench', model, ...quickly, '--backend', 'cpu', '--portable', '--open-shares', '1', '--json'],
      { env: { XDG_CACHE_HOME: '/nowhere/at/all' } },
    );
    expect(code).toBe(0);
    expect(err).toMatch(/Left out: .*dmnn backend install --engine/);
    expect(err).toContain("onnx: as written: the option form is 'as-written'");
    const rows = JSON.parse(out) as { engine: string }[];
    expect(rows.map(({ engine }) => engine)).toEqual([
      'onnx-portable',
      'tfjs-cpu-masked',
      'tfjs-cpu-skipping',
    ]);
  });

  it('measures block by block if asked', async () => {
    const { code, out } = await run(['bench', model, ...quickly, '--engine', 'onnx', '--blocks', '--json']);
    expect(code).toBe(0);
    const blocks = (JSON.parse(out) as { block?: string; macsRatio: number }[]).filter(
      ({ block }) => block !== undefined,
    );
    expect(blocks.map(({ block }) => block)).toEqual(['stage0.block0', 'stage1.block0', 'stage2.block0']);
    const { macs } = countUndivided(createArchitecture(model));
    const ratios = blocks.reduce((sum, { macsRatio }) => sum + macsRatio, 0);
    expect(ratios * macs).toBeLessThan(macs);
    expect(ratios).toBeGreaterThan(0.7);
  });

  it('prints theory, measurement and their ratio', async () => {
    const { out } = await run(['bench', model, ...quickly, '--engine', 'onnx', '--blocks']);
    expect(out).toMatch(
      /^engine +batch +open +theory \(MACs\) +measured \(time\) +efficiency +ours +undivided$/m,
    );
    expect(out).toMatch(/^onnx +1 +50\.0 % +\d+\.\d % +\d+\.\d % +\d+\.\d{3} +[\d.]+ ms +[\d.]+ ms$/m);
    expect(out).toMatch(/^onnx +1 +stage1\.block0 +\d+\.\d % /m);
  });

  it('ends with 130 when interrupted, with what was measured until then', async () => {
    let interrupt = (): void => undefined;
    let time = 0;
    const err: string[] = [];
    const { code, out } = await run(['bench', model, ...quickly, '--engine', 'onnx', '--json'], {
      onInterrupt: (listener) => {
        interrupt = listener;
        return () => undefined;
      },
      now: () => (time += 20_000), // every row is due to be shown
      err: (text) => {
        err.push(text);
        if (text.includes('efficiency')) interrupt();
      },
    });
    expect(err.join('\n')).toContain('Finishing the run that is timed');
    expect(code).toBe(130);
    expect(JSON.parse(out)).toHaveLength(1);
  });

  it.skipIf(locateEngine().path === undefined)('measures the compiled engine in 8 bits', async () => {
    const { code, out, err } = await run([
      'bench',
      model,
      ...quickly,
      '--engine',
      'compiled',
      '--precision',
      'int8',
      '--json',
    ]);
    expect(code).toBe(0);
    const precision = /compiled: (int8|f32) \(/.exec(err)?.[1]; // float32 without VNNI
    if (precision === 'int8') expect(err).toContain('ranges of seeded images, which do not change the time');
    expect((JSON.parse(out) as { engine: string }[]).map(({ engine }) => engine)).toEqual(
      Array(2).fill(`compiled-${precision}`),
    );
  });

  it.each([
    [['cifar-resnet8'], 2, 'DMNN_USAGE', /expected a network with gated sub-blocks.*got cifar-resnet8/],
    [['dmnn-cifar-resnet8-n'], 2, 'DMNN_UNKNOWN_MODEL', /dmnn-cifar-resnet8/],
    [
      [model, '--open-shares', '0.5,2'],
      2,
      'DMNN_USAGE',
      /--open-shares: expected numbers from 0 to 1, .*got 0\.5,2/,
    ],
    [[model, '--open-shares', '0.5,'], 2, 'DMNN_USAGE', /got 0\.5,/],
    [[model, '--batch-sizes', '1.5'], 2, 'DMNN_USAGE', /--batch-sizes: expected integers >= 1/],
    [[model, '--engine', 'onx'], 2, 'DMNN_USAGE', /Did you mean onnx/],
    [[model, '--engine', 'onnx', '--backend', 'cpu'], 2, 'DMNN_USAGE', /--backend: expected none/],
    [
      [model, '--engine', 'tfjs', '--cpu-lanes'],
      2,
      'DMNN_USAGE',
      /--cpu-lanes: expected --engine onnx, both or all/,
    ],
    [[model, '--engine', 'tfjs', '--portable'], 2, 'DMNN_USAGE', /--portable: expected --engine onnx/],
    [[model, '--portable', '--cpu-lanes'], 2, 'DMNN_USAGE', /--portable: expected without --cpu-lanes/],
    [
      [model, '--engine', 'onnx', '--precision', 'f32'],
      2,
      'DMNN_USAGE',
      /--precision: expected --engine compiled/,
    ],
  ])('refuses %j', async (argv, exitCode, code, message) => {
    const { code: ended, err } = await run(['bench', ...argv, '--json']);
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringMatching(message) as string },
    });
    expect(ended).toBe(exitCode);
  });
});
