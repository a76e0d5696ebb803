import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remarksOf, run } from '../../fixtures/run-captured.js';
import { trainSmallRun } from '../../fixtures/small-run.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-eval-'));
const trained = join(folder, 'run');

beforeAll(() => trainSmallRun(trained));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const evaluation = ['top1ErrorPercent', 'meanMacs', 'macsRatio', 'executionRates', 'msPerImage'];

/** The last epoch's line of a run's log. */
function epochOf(run: string): Record<string, Record<string, unknown> | undefined> {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
  return records.filter(({ kind }) => (kind as unknown) === 'epoch').at(-1) ?? {};
}

describe('dmnn eval', () => {
  it('prints exactly the promised fields with --json', async () => {
    const { code, out } = await run(['eval', trained, '--backend', 'wasm', '--json']);
    expect(code).toBe(0);
    const found = JSON.parse(out) as { executionRates: number[][] };
    expect(Object.keys(found)).toEqual(evaluation);
    expect(found.executionRates.map((rates) => rates.length)).toEqual([2, 2, 2]);
  });

  it('finds in every engine what masked execution finds', async () => {
    const options = ['--data', 'built-in=16', '--json'];
    const masked = await run(['eval', trained, ...options, '--backend', 'wasm', '--execution', 'masked']);
    const expected = { ...(JSON.parse(masked.out) as object), msPerImage: expect.any(Number) as number };
    for (const engine of ['compiled', 'onnx', 'tfjs', undefined]) {
      const named = engine === undefined ? [] : ['--engine', engine];
      const { code, out, err } = await run(['eval', trained, ...options, ...named]);
      if (engine === 'compiled' && code === 1) {
        expect(err).toContain('dmnn backend install --engine'); // what is missing here
        continue;
      }
      expect([code, err]).toEqual([0, expect.any(String)]);
      expect(JSON.parse(out)).toEqual(expected);
      const said = remarksOf({ err });
      if (engine === 'tfjs') expect(said).toMatch(/^backend \S+: /m);
      else if (engine)
        expect(said).toMatch(
          new RegExp(`^engine ${engine}: (f32 \\(the default|.*, f32, as written: )`, 'm'),
        );
      else expect(said).toMatch(/^engine \S+: .*; the fastest that works$/m);
    }
  });

  it('finds in the compiled engine the budgets that masked execution finds', async () => {
    const options = ['--budgets', '0.6,0.8', '--calibration-images', '12', '--json'];
    const tfjs = await run(['eval', trained, ...options, '--backend', 'wasm', '--execution', 'masked']);
    const { code, out, err } = await run(['eval', trained, ...options, '--engine', 'compiled']);
    if (code === 1) {
      expect(err).toContain('dmnn backend install --engine');
      return;
    }
    interface Found {
      readonly budgets: readonly { readonly threshold: number }[];
    }
    const [{ budgets, ...rest }, expected] = [JSON.parse(out), JSON.parse(tfjs.out)] as [Found, Found];
    expect(rest).toEqual({ ...expected, msPerImage: expect.any(Number) as number, budgets: undefined });
    expect(budgets).toEqual(
      expected.budgets.map((budget) => ({
        ...budget,
        threshold: expect.closeTo(budget.threshold, 4) as number,
        msPerImage: expect.any(Number) as number,
      })),
    );
  });

  it('passes over what cannot do what is asked, and says why', async () => {
    const masked = await run(['eval', trained, '--execution', 'masked']);
    expect(masked.err).toContain(
      'engine tfjs: for --execution masked, since engines only compute what is open\nbackend ',
    );
    const noisy = await run(['eval', trained, '--noisy-gates']);
    expect(noisy.err).toContain('engine tfjs: for --noisy-gates, since engines draw no noise\nbackend ');
    const folder = join(tmpdir(), 'dmnn-no-engine-here');
    const { err } = await run(['eval', trained, '--budgets', '0.6', '--calibration-images', '4'], {
      env: { XDG_CACHE_HOME: folder },
    });
    expect(err).toMatch(/^engine compiled: not used: .*dmnn backend install --engine/m);
    expect(err).toMatch(/^engine onnx: not used: the threshold of the gates in an ONNX file does not move/m);
    expect(err).toMatch(/^backend \S+: /m);
  });

  it('refuses latencies of another engine', async () => {
    const file = join(folder, 'of-tfjs.json');
    const options = ['--budgets', '100000ms', '--latencies', file, '--calibration-images', '4', '--json'];
    expect(await run(['eval', trained, ...options, '--backend', 'wasm'])).toMatchObject({ code: 0 });
    const table = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    expect(table).toMatchObject({
      engine: 'tfjs',
      precision: 'f32',
      processor: expect.any(String) as string,
    });
    const compiled = await run(['eval', trained, ...options, '--engine', 'compiled']);
    expect(compiled.code).toBe(1);
    if (!compiled.err.includes('dmnn backend install --engine'))
      expect(compiled.err).toContain(
        `${file}: engine: expected times of compiled in f32, got times of tfjs in f32`,
      );
    // of before there were engines
    writeFileSync(file, JSON.stringify({ ...table, engine: undefined, precision: undefined }));
    const again = await run(['eval', trained, ...options, '--backend', 'cpu']);
    expect([again.code, again.err]).toEqual([0, expect.stringContaining('these latencies on wasm')]);
    writeFileSync(file, JSON.stringify({ ...table, engine: 'compiled', precision: 'bf16' }));
    const tfjs = await run(['eval', trained, ...options, '--backend', 'wasm']);
    expect([tfjs.code, tfjs.err]).toEqual([
      1,
      expect.stringContaining(
        `${file}: engine: expected times of tfjs in f32, got times of compiled in bf16`,
      ),
    ]);
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
    expect(out).toMatch(/24 gates: 0 differ/);
  });

  it('finds thresholds for budgets, from training images, and measures them on test images', async () => {
    const options = ['--budgets', '0.01,0.6', '--calibration-images', '12'];
    const json = await run(['eval', trained, '--backend', 'wasm', ...options, '--json']);
    expect(json.code).toBe(0);
    const found = JSON.parse(json.out) as {
      calibrationImages: number;
      reachable: { lowestCost: number; highestCost: number };
      budgets: { budget: number; testCost: number; calibrationCost: number; macsRatio: number }[];
    };
    expect(Object.keys(found)).toEqual([...evaluation, 'budgets', 'reachable', 'calibrationImages']);
    expect(found.calibrationImages).toBe(12);
    const [none, some] = found.budgets;
    expect(none).toEqual({
      ...{ budget: 0.01, unit: 'macsRatio', threshold: null, calibrationCost: null, testCost: null },
    });
    expect(Object.keys(some ?? {})).toEqual([...Object.keys(none ?? {}), ...evaluation]);
    expect(some?.calibrationCost).toBeLessThanOrEqual(0.6);
    expect(some?.calibrationCost).toBeGreaterThan(found.reachable.lowestCost);
    expect(some?.testCost).toBeCloseTo(some?.macsRatio ?? NaN, 9);

    const { out } = await run(['eval', trained, '--backend', 'wasm', ...options]);
    expect(out).toMatch(
      /^ *budget +threshold +when calibrated +mean MACs +of the backbone +top-1 error +time per image$/m,
    );
    expect(out).toMatch(/^ +1\.0 % +none( +–){5}$/m);
    expect(out).toMatch(/^ *60\.0 % +\S+ +\d\d\.\d % +\S+ [kM] +\d\d\.\d % +\d+\.\d\d % +\S+ ms$/m);
    expect(out).toMatch(/thresholds found on 12 training images, in \d+ passes/);
  });

  it('finds thresholds for milliseconds by latencies that it measures once and keeps', async () => {
    const file = join(folder, 'latencies.json');
    const options = [
      '--backend',
      'wasm',
      '--budgets',
      '100000ms',
      '--latencies',
      file,
      '--calibration-images',
      '4',
    ];
    const first = await run(['eval', trained, ...options, '--json']);
    expect(first.code).toBe(0);
    expect(first.err).toContain(`latencies written to ${file}`);
    const found = JSON.parse(first.out) as { budgets: object[]; latencies: { batchSize: number } };
    // nothing takes 100 seconds
    expect(found.budgets).toMatchObject([
      { budget: 100_000, unit: 'msPerImage', threshold: 0, macsRatio: expect.any(Number) as number },
    ]);
    expect(found.latencies).toEqual(JSON.parse(readFileSync(file, 'utf8')));
    expect(found.latencies.batchSize).toBe(1);

    const second = await run(['eval', trained, ...options, '--batch-size', '2']);
    expect(second.err).toContain(`latencies of ${file}, measured `);
    expect(second.err).toContain('times are measured at batch size 2, these latencies at 1');
    expect(second.out).toMatch(/^ *budget +threshold +when calibrated +predicted +mean MACs/m);
    expect(second.out).toMatch(/^100000 ms +all open /m);
    expect(second.out).toMatch(/they predict the times of 20 unseen gate patterns to \d+\.\d % on average/);

    writeFileSync(file, '{"format": 1}');
    const broken = await run(['eval', trained, ...options, '--json']);
    expect([broken.code, broken.err]).toEqual([1, expect.stringContaining('DMNN_LATENCIES')]);
    writeFileSync(file, 'no JSON');
    expect(await run(['eval', trained, ...options])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--latencies .*: expected JSON/) as string,
    });
  });

  it('evaluates with noise on the gates as in training, reproducibly for a seed', async () => {
    const noisy = join(folder, 'noisy');
    const { code: made, err: problem } = await run([
      ...['train', '--recipe', 'demo-dynamic', '--backend', 'wasm', '--data', 'built-in=16', '--out', noisy],
      ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--set', 'batchSize=8', '--set', 'epochs=1'],
      ...['--set', 'gating.openingRate=0.5', '--set', 'evaluation.noisyGates=true', '--set', 'seed=5'],
    ]);
    expect([made, problem]).toEqual([0, expect.any(String)]);
    const rates = async (...options: string[]): Promise<unknown> => {
      const { out } = await run(['eval', noisy, '--backend', 'wasm', '--json', ...options]);
      const found = JSON.parse(out) as Record<string, unknown>;
      return found['executionRates'];
    };
    const drawn = await rates('--noisy-gates', '5');
    expect(drawn).toEqual(epochOf(noisy)['evaluation']?.['executionRates']);
    expect(await rates('--noisy-gates', '5')).toEqual(drawn);
    expect(await rates()).not.toEqual(drawn);
    expect(await rates('--noisy-gates', '6')).not.toEqual(drawn);
    expect(await rates('--noisy-gates')).toEqual(await rates('--noisy-gates', '1'));
  });

  it('says that there is noise on the gates', async () => {
    const json = await run(['eval', trained, '--backend', 'wasm', '--noisy-gates', '--json']);
    expect(Object.keys(JSON.parse(json.out) as object)).toEqual([...evaluation, 'noisyGates']);
    expect(JSON.parse(json.out)).toMatchObject({ noisyGates: { seed: 1 } });
    const { out } = await run(['eval', trained, '--backend', 'wasm', '--noisy-gates', '7']);
    expect(out).toMatch(/4 test images of built-in, with noise on the gates \(seed 7\)$/m);
  });

  it('evaluates one width of a slimmable network', async () => {
    const slim = join(folder, 'slim');
    const { code: made, err: problem } = await run([
      ...['train', '--recipe', 'demo', '--backend', 'wasm', '--data', 'built-in=16', '--out', slim],
      ...['--set', 'model.name=cifar-resnet8', '--set', 'batchSize=8', '--set', 'epochs=1'],
      ...['--set', 'slimmable={"widths":[0.25,1]}'],
    ]);
    expect([made, problem]).toEqual([0, expect.any(String)]);
    const found = async (...options: string[]): Promise<Record<string, unknown>> => {
      const { out } = await run(['eval', slim, '--backend', 'wasm', '--json', ...options]);
      return JSON.parse(out) as Record<string, unknown>;
    };
    const [widest, narrow] = [await found(), await found('--width', '0.25')];
    expect(Object.keys(narrow)).toEqual([...evaluation, 'width']);
    const [logged] = epochOf(slim)['widths'] as unknown as Record<string, unknown>[];
    expect(narrow).toMatchObject({
      width: 0.25,
      top1ErrorPercent: logged?.['topOneErrorPercent'],
      meanMacs: logged?.['macs'],
      macsRatio: logged?.['macsRatio'],
    });
    expect(narrow['meanMacs']).toBeLessThan(widest['meanMacs'] as number);
    const wrong = await run(['eval', slim, '--backend', 'wasm', '--width', '0.3']);
    expect(wrong).toMatchObject({
      code: 2,
      err: expect.stringMatching(/width: expected one of the run's, 0\.25, 1, got 0\.3/) as string,
    });
  });

  it('says which budgets are above what all gates open cost', async () => {
    const { code, err, out } = await run(['eval', trained, '--backend', 'wasm', '--budgets', '0.9,1.09']);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(
        /--budgets: 109\.0 %: more than 10\d\.\d %, what an image costs with all gates open/,
      ),
    ]);
    expect(out).toMatch(/109\.0 % +all open/);
    const within = await run(['eval', trained, '--backend', 'wasm', '--budgets', '0.9']);
    expect(within.err).not.toContain('more than');
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
    [['--budgets', 'half'], 2, 'DMNN_USAGE', /--budgets: expected numbers above 0, .*0\.3\.\.1/],
    [['--budgets', '2..3'], 2, 'DMNN_USAGE', /--budgets: expected shares .* up to 1 .* got 2\.\.3/],
    [['--budgets', '0.001'], 2, 'DMNN_USAGE', /from \d+\.\d % \(all gates closed\) to .* got at most 0\.1 %/],
    [['--budgets', '8ms', '--execution', 'masked'], 2, 'DMNN_USAGE', /expected --execution skipping/],
    [['--latencies', 'x.json'], 2, 'DMNN_USAGE', /--latencies: expected with --budgets in milliseconds/],
    [['--noisy-gates', '-1'], 2, 'DMNN_USAGE', /--noisy-gates: expected an integer >= 0/],
    [['--noisy-gates', '--budgets', '0.5'], 2, 'DMNN_USAGE', /--noisy-gates: expected without --budgets/],
    [
      ['--noisy-gates', '--execution', 'both'],
      2,
      'DMNN_USAGE',
      /--noisy-gates: expected with --execution skip/,
    ],
    [['--width', '1.5'], 2, 'DMNN_USAGE', /--width: expected a number above 0, at most 1, got 1\.5/],
    [
      ['--width', '0.5'],
      2,
      'DMNN_USAGE',
      /width: expected none but 1, since dmnn-\S+ is not slimmable, got 0\.5/,
    ],
    [['--data', 'cifar100=/nowhere/at/all'], 1, 'DMNN_DATA', /nowhere/],
    [
      ['--data', 'cifar100'],
      2,
      'DMNN_USAGE',
      /built-in=IMAGES .*cifar100=PATH, imagenet=PATH or folder=PATH \(your own images\), got cifar100/,
    ],
    [['--engine', 'onnx'], 2, 'DMNN_USAGE', /--backend: expected none with --engine onnx, got wasm/],
    [
      ['--precision', 'bf16'],
      2,
      'DMNN_USAGE',
      /--precision: expected f32 or auto with --backend wasm, which computes in float32, got bf16/,
    ],
    [['--latencies', '/no/such/x.json', '--budgets', '8ms'], 1, 'DMNN_FILE', /--latencies .*x\.json/],
  ])('refuses %j', async (options, exitCode, code, message) => {
    const { code: ended, err } = await run(['eval', trained, '--backend', 'wasm', ...options, '--json']);
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringMatching(message) as string },
    });
    expect(ended).toBe(exitCode);
  });

  it.each([
    [
      ['--engine', 'onnx', '--budgets', '0.5'],
      /--engine: expected compiled or tfjs with --budgets, got onnx/,
    ],
    [
      ['--engine', 'onnx', '--execution', 'both'],
      /--engine: expected tfjs with --execution both, .* got onnx/,
    ],
    [
      ['--engine', 'compiled', '--noisy-gates', '3'],
      /--engine: expected tfjs with --noisy-gates, .* got compiled/,
    ],
    [
      ['--precision', 'bf16', '--execution', 'masked'],
      /--precision: expected f32 or auto with --execution masked/,
    ],
    [['--precision', 'bf16', '--engine', 'onnx'], /--precision: expected f32 or auto with --engine onnx/],
    [['--precision', 'f16'], /--precision: expected auto, f32, bf16, int8, got 'f16'/],
  ])('refuses an engine that cannot do what is asked: %j', async (options, message) => {
    const { code, err } = await run(['eval', trained, ...options]);
    expect([code, err]).toEqual([2, expect.stringMatching(message) as string]);
  });

  it('evaluates the run that follows an option whose value is left out', async () => {
    const { code, out, err } = await run(['eval', '--noisy-gates', trained, '--backend', 'wasm', '--json']);
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ noisyGates: { seed: 1 } });
    const report = await run(['report', '--budgets', folder, '--out', join(folder, 'page')]);
    expect(report.err).toMatch(new RegExp(`^dmnn: ${folder}`)); // the run that it is not
  });

  it('prints only JSON with --json, on both streams, and how far it is', async () => {
    const { out, err } = await run(['eval', trained, '--backend', 'wasm', '--json'], { isTerminal: true });
    expect(JSON.parse(out)).toHaveProperty('top1ErrorPercent');
    const remarks = remarksOf({ err });
    expect(remarks).toMatch(/^backend wasm: /m);
    expect(remarks).toMatch(/^skipping: 0 of \d+ images$/m);
  });

  it('has no budgets and no noise for a network without gates', async () => {
    const still = join(folder, 'static');
    const { code: made, err: problem } = await run([
      ...['train', '--recipe', 'demo', '--backend', 'wasm', '--data', 'built-in=8', '--out', still],
      ...['--set', 'model.name=cifar-resnet8-0.25', '--set', 'batchSize=8', '--set', 'epochs=1'],
    ]);
    expect([made, problem]).toEqual([0, expect.any(String)]);
    const { code, err } = await run(['eval', still, '--backend', 'wasm', '--budgets', '0.5']);
    expect(code).toBe(2);
    expect(err).toMatch(/--budgets: expected a network with gates, got cifar-resnet8-0\.25/);
    const noisy = await run(['eval', still, '--backend', 'wasm', '--noisy-gates']);
    expect([noisy.code, noisy.err]).toEqual([2, expect.stringMatching(/--noisy-gates: expected a network/)]);
  });

  it('refuses a folder that holds no run, and weights with one bit flipped', async () => {
    const none = await run(['eval', folder, '--backend', 'wasm', '--json']);
    expect(none.err).not.toContain('backend wasm'); // none was started
    expect(none.code).toBe(1);
    expect(none.err).toContain('DMNN_MODEL_FOLDER');

    const { readdirSync } = await import('node:fs');
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
