import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-exits-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const tiny = [
  ...['train', '--recipe', 'demo', '--backend', 'wasm', '--data', 'built-in=16'],
  ...['--set', 'model.name=cifar-resnet8-0.25', '--set', 'batchSize=8', '--set', 'epochs=1'],
];

interface ExitReport {
  readonly images: number;
  readonly parts: readonly {
    readonly exit?: number;
    readonly msPerImage: number | null;
    readonly temperature: number;
  }[];
  readonly cascades: readonly {
    readonly shares: readonly number[];
    readonly macsRatio: number;
    readonly control: { readonly difference: number };
  }[];
}

describe('networks with exits', () => {
  it('are trained, from a run without them too, evaluated, refused by name where they are not taken', async () => {
    const [from, out] = [join(folder, 'static'), join(folder, 'exits')];
    expect(await run([...tiny, '--out', from])).toMatchObject({ code: 0 });
    const alone = ['--from', from, '--exits', '0,1', '--set', 'fineTuning.trainable=exits'];
    expect(await run([...tiny, ...alone, '--out', out])).toMatchObject({ code: 0 });

    const evaluated = await run(['eval', out, '--engine', 'tfjs']);
    expect(evaluated.code).toBe(0);
    expect(evaluated.out).toMatch(/^if all images left at .*top-1 error.*\nexit 0 .*%.*\nexit 1 .*%/m);
    const json = JSON.parse((await run(['eval', out, '--engine', 'tfjs', '--json'])).out) as Record<
      string,
      unknown
    >;
    const plain = JSON.parse((await run(['eval', from, '--engine', 'tfjs', '--json'])).out) as typeof json;
    expect(json['exits']).toHaveLength(2);
    expect(json['top1ErrorPercent']).toBe(plain['top1ErrorPercent']);
    expect(plain).not.toHaveProperty('exits');

    const compiled = await run(['eval', out, '--engine', 'compiled', '--json']);
    if (compiled.code === 0) {
      const time = { msPerImage: expect.any(Number) as number };
      expect(JSON.parse(compiled.out)).toEqual({ ...json, ...time });
    } else expect(compiled.err).toContain('dmnn backend install --engine'); // what is missing here

    const reported = await run(['report', out, '--backend', 'wasm', '--out', join(folder, 'report')]);
    expect(reported.code).toBe(0);
    const page = readFileSync(reported.out, 'utf8');
    expect(page).toMatch(/Exits, as if every image left there.*A exits, exit 0<.*A exits, exit 1</s);
    const { runs } = JSON.parse(readFileSync(join(folder, 'report', 'data.json'), 'utf8')) as {
      runs: { evaluation: { exits: { topOneErrorPercent: number; meanMacs: number }[] } }[];
    };
    expect(
      runs[0]?.evaluation.exits.map(({ topOneErrorPercent, meanMacs }) => [topOneErrorPercent, meanMacs]),
    ).toEqual(
      (json['exits'] as { top1ErrorPercent: number; meanMacs: number }[]).map((exit) => [
        exit.top1ErrorPercent,
        exit.meanMacs,
      ]),
    );

    const more = ['--data', 'built-in=400'];
    const leaving = [
      'eval',
      out,
      ...more,
      '--exits',
      '--budgets',
      '0.9',
      '--choose-on',
      'test-halves',
      '--control',
    ];
    const log = join(folder, 'exits.jsonl');
    const chosen = await run([...leaving, '--execution', 'both', '--log', log, '--json']);
    expect(chosen).toMatchObject({ code: 0 });
    const report = JSON.parse(chosen.out) as ExitReport;
    expect(report.parts.map(({ exit, msPerImage }) => [exit, msPerImage === null])).toEqual([
      [0, true],
      [1, true],
      [undefined, false],
    ]);
    const [cascade] = report.cascades;
    expect(cascade?.shares).toHaveLength(3);
    expect(cascade?.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(cascade?.macsRatio).toBeLessThanOrEqual(0.9);
    expect(cascade).toMatchObject({ msPerImage: null, leaving: { differences: 0 } });
    expect(cascade?.control.difference).toEqual(expect.any(Number));
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(report.images + 1);
    expect((await run(leaving)).out).toMatch(/-e2, with 2 exits: .*\n[^]*exit 1 of .*–/);

    const inEngine = await run([...leaving, '--engine', 'compiled', '--json']);
    if (inEngine.code === 0) {
      const [other] = (JSON.parse(inEngine.out) as ExitReport).cascades;
      expect(other?.shares).toEqual(cascade?.shares);
      expect(other?.macsRatio).toBe(cascade?.macsRatio);
    } else expect(inEngine.err).toContain('dmnn backend install --engine');

    // times until exits are measured; a budget that any machine keeps to, and one that none does
    const inTime = (budget: string) => run(['eval', out, ...more, '--exits', '--budgets', budget, '--batch-size', '200', '--engine', 'tfjs', '--json']); // prettier-ignore
    const timed = JSON.parse((await inTime('100000ms')).out) as ExitReport & {
      readonly cascades: readonly { readonly unit: string; readonly msPerImage: number }[];
    };
    const [first = 0, second = 0, whole = 0] = timed.parts.map(({ msPerImage }) => msPerImage ?? 0);
    for (const time of [first, second, whole]) expect(time).toBeGreaterThan(0);
    expect(timed.cascades).toMatchObject([{ unit: 'msPerImage', msPerImage: expect.any(Number) as number }]);
    expect(timed.cascades[0]?.msPerImage).toBeLessThanOrEqual(Math.max(first, second, whole) * (1 + 1e-9));
    expect(await inTime('0.0000001ms')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--budgets: expected a mean time from .*ms \(every image stops at the first stage\)/) as string,
    }); // prettier-ignore

    const saved = join(folder, 'saved');
    const save = [...more, '--exits', '--budgets', '0.9', '--choose-on', 'training', '--save', saved];
    expect(await run(['eval', out, ...save])).toMatchObject({ code: 0 });
    const again = JSON.parse((await run(['eval', saved, ...more, '--json'])).out) as ExitReport;
    expect(again.cascades[0]?.shares).toHaveLength(3);
    const text = readFileSync(join(saved, 'cascade.json'), 'utf8');
    const { stages } = JSON.parse(text) as { stages: readonly { temperature: number }[] };
    expect(again.parts.map(({ temperature }) => temperature)).toEqual(
      stages.map(({ temperature }) => temperature),
    );
    expect(await run(['eval', saved, '--noisy-gates', '1'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--noisy-gates: expected without a cascade') as string,
    });
    expect(await run(['eval', saved, '--log', join(saved, 'cascade.json')])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--log: expected a file of its own') as string,
    });
    expect(await run(['eval', from, ...save])).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        '--exits: expected a network with exits, got cifar-resnet8-0.25',
      ) as string,
    });
    expect(await run(['eval', out, '--engine', 'onnx'])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--engine: expected compiled or tfjs with the network's exits") as string,
    });
    const file = join(folder, 'exits.onnx');
    const exported = await run(['export', out, '--out', file]);
    expect(exported.code).toBe(2);
    expect(exported.err).toContain('exits (2) need thresholds');
    expect(readdirSync(folder)).not.toContain('exits.onnx');
  });

  it('are refused as a setting of a recipe, too', async () => {
    const { code, err } = await run([...tiny, '--set', 'exits.after=[1,0]', '--dry-run']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('recipe: exits.after: expected blocks from 0 to 1 in rising order'),
    ]);
  });

  it.each([
    ['0', '--exits: expected 1 to 2 exits, at most one after each block but the last, got 0'],
    ['3', '--exits: expected 1 to 2 exits, at most one after each block but the last, got 3'],
    [
      '2,',
      '--exits: expected blocks from 0 to 1 in rising order, each but the last of the network at most once, got 2',
    ],
    ['1,0', '--exits: expected blocks from 0 to 1 in rising order'],
    ['1,1', '--exits: expected blocks from 0 to 1 in rising order'],
    [',', '--exits: expected a number of exits, such as 3, or the blocks'],
    ['half', '--exits: expected a number of exits, such as 3, or the blocks'],
  ])('refuses --exits "%s" in the dry run', async (exits, message) => {
    const { code, err } = await run([...tiny, '--exits', exits, '--dry-run']);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});
