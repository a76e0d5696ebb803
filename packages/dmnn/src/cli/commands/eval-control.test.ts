import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createArchitecture } from '@dmnn/backbones';
import { classNamesOf } from '@dmnn/data';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import { openNetworkData, saveModel } from '@dmnn/runs';
import { initialWeights } from '@dmnn/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';
import { trainSmallRun } from '../../fixtures/small-run.js';

const root = mkdtempSync(join(tmpdir(), 'dmnn-eval-control-'));
const trained = join(root, 'run');
beforeAll(() => trainSmallRun(trained));
afterAll(() => {
  rmSync(root, { recursive: true });
});

interface Control {
  readonly top1ErrorPercent: number;
  readonly difference: number;
  readonly interval: readonly [number, number];
  readonly isBetter: boolean;
  readonly meanMacs: number;
  readonly choices: readonly {
    readonly order: string;
    readonly patterns: readonly {
      readonly pattern: readonly (readonly boolean[])[];
      readonly share: number;
    }[];
    readonly tried: readonly unknown[];
  }[];
  readonly chosenOn: string;
  readonly trainedFurther: boolean;
}

interface Found {
  readonly top1ErrorPercent: number;
  readonly meanMacs: number;
  readonly control: Control;
  readonly budgets: readonly { readonly meanMacs: number; readonly control: Control }[];
}

const common = ['--data', 'built-in=64', '--backend', 'wasm', '--calibration-images', '8'];

describe('dmnn eval --control of a network with gates', () => {
  it('compares them with the best fixed pattern that costs no more, by halves', async () => {
    const log = join(root, 'log.jsonl');
    const { code, out } = await run(['eval', trained, ...common, '--control', '--json', '--log', log]);
    expect(code).toBe(0);
    const { control, ...found } = JSON.parse(out) as Found;
    expect(control).toMatchObject({ chosenOn: 'test-halves', trainedFurther: false });
    expect(control.choices.map(({ tried }) => tried.length)).toEqual([6, 6]);
    expect(control.meanMacs).toBeLessThanOrEqual(found.meanMacs * (1 + 1e-9));
    expect(control.difference).toBeCloseTo(found.top1ErrorPercent - control.top1ErrorPercent, 9);
    expect(control.isBetter).toBe(control.interval[1] < 0);
    for (const { patterns } of control.choices) {
      expect(patterns.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      expect(patterns[0]?.pattern.map((row) => row.length)).toEqual([2, 2, 2]);
    }

    const [head = '', ...lines] = readFileSync(log, 'utf8').trim().split('\n');
    expect(JSON.parse(head)).toMatchObject({
      kind: 'network',
      networks: ['dmnn-cifar-resnet8-0.25-n2'],
      chosenOn: 'test-halves',
      columns: ['index', 'right', 'macs', 'controlRight'],
    });
    const rows = lines.map((line) => JSON.parse(line) as number[]);
    const meanOf = (column: number): number =>
      rows.reduce((sum, row) => sum + (row[column] ?? 0), 0) / rows.length;
    expect(100 * (1 - meanOf(1))).toBeCloseTo(found.top1ErrorPercent, 9);
    expect(meanOf(2)).toBeCloseTo(found.meanMacs, 3);
    expect(100 * (1 - meanOf(3))).toBeCloseTo(control.top1ErrorPercent, 1);
  });

  it('has one for each budget, and says in words what was compared', async () => {
    const budgets = ['--budgets', '0.7,0.9', '--choose-on', 'training', '--control'];
    const json = await run(['eval', trained, ...common, ...budgets, '--json']);
    const found = JSON.parse(json.out) as Found;
    expect(found.control.chosenOn).toBe('training');
    for (const { control, meanMacs } of found.budgets) {
      expect(control.meanMacs).toBeLessThanOrEqual(meanMacs * (1 + 1e-9));
      expect(control.choices).toHaveLength(1);
    }
    const { out, err } = await run(['eval', trained, ...common, ...budgets]);
    expect(out).toMatch(
      /^ *gates +mean MACs +of the backbone +top-1 error +pattern costs +fixed pattern +difference$/m,
    );
    expect(out).toMatch(/^as trained: [01,]+.*; by .*, batch norms (as trained|estimated again)$/m);
    expect(out).toMatch(/^70\.0 %: [01,]+/m);
    expect(out).toContain('patterns were not trained further');
    expect(out).toMatch(
      /^(no better than static networks: \d of 3|better than the best fixed gate pattern)/m,
    );
    expect(err).toMatch(/^control: /m);
  });

  it('is refused without gates, in an engine, and with what goes with neither', async () => {
    const still = join(root, 'static');
    const architecture = createArchitecture('cifar-resnet8-0.25');
    await saveModel(still, {
      ...{ architecture, weights: initialWeights(architecture, { seed: 1 }) },
      ...{ channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.25, 0.25, 0.25] },
      importedFrom: { file: 'a.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
    });
    const refused = async (...options: string[]): Promise<string> => {
      const { code, err } = await run(['eval', ...options]);
      expect(code).toBe(2);
      return err;
    };
    expect(await refused(still, ...common, '--control')).toMatch(
      /--control: expected a network with gates, got cifar-resnet8-0\.25, whose cost is constant/,
    );
    expect(await refused(trained, '--control', '--engine', 'compiled')).toMatch(
      /--engine: expected tfjs with --control, since batch norms are estimated again for fixed gates, got compiled/,
    );
    expect(await refused(trained, '--choose-on', 'training')).toMatch(/--choose-on: expected with --then/);
    expect(await refused(trained, ...common, '--control', '--log', 'x', '--budgets', '0.7,0.9')).toMatch(
      /--log: expected one budget, got 2/,
    );
    expect(await refused(trained, ...common, '--control', '--choose-on', 'held-out')).toMatch(
      /--choose-on: expected training or test-halves, got held-out/,
    );
  });
});

describe('dmnn eval --against', () => {
  const names = ['cifar-resnet8-0.25', 'cifar-resnet8-0.5'] as const;
  const models = names.map((name) => join(root, name));
  beforeAll(async () => {
    for (const [at, name] of names.entries()) {
      const architecture = createArchitecture(name);
      await saveModel(models[at] ?? '', {
        ...{ architecture, weights: initialWeights(architecture, { seed: 1 }) },
        ...{ channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.25, 0.25, 0.25] },
        importedFrom: { file: 'a.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
      });
    }
  });

  interface Against {
    readonly top1ErrorPercent: number;
    readonly difference: number;
    readonly mix: readonly { readonly name: string; readonly share: number }[];
    readonly paired: boolean;
  }
  const [small = '', large = ''] = models;

  it('takes the line between the neighbours in cost, of networks and of their logs', async () => {
    const evaluated = async (...options: string[]): Promise<Against | null> => {
      const { code, out, err } = await run(['eval', ...options, ...common, '--json']);
      expect([code, err]).toEqual([0, expect.any(String)]);
      return (JSON.parse(out) as { readonly against: Against | null }).against;
    };
    const found = await evaluated(trained, '--against', large, '--against', small);
    expect(found?.mix.map(({ name }) => name)).toEqual(['cifar-resnet8-0.25', 'cifar-resnet8-0.5']);
    expect(found?.mix.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(found?.paired).toBe(true);

    // itself: no image differs
    const same = await evaluated(small, '--against', small);
    expect(same).toMatchObject({ difference: 0, interval: [0, 0], isBetter: false });
    // what costs less than any is compared with none
    expect(await evaluated(small, '--against', large)).toBeNull();

    const logs = models.map((_, at) => join(root, `${at}.jsonl.gz`));
    for (const [at, model] of models.entries())
      await run(['eval', model, ...common, '--log', logs[at] ?? '']);
    const [first = '', second = ''] = logs;
    expect(await evaluated(trained, '--against', first, '--against', second)).toEqual(found);

    const { out } = await run(['eval', trained, ...common, '--against', small, '--against', large]);
    expect(out).toMatch(/^as trained .*cifar-resnet8-0\.25 for .*, cifar-resnet8-0\.5 for/m);
    expect(out).toContain('static networks at equal cost: the line between the two neighbours in MACs');
  });

  it('compares a cascade, too', async () => {
    const cascade = ['eval', small, '--then', large, '--budgets', '0.5', '--data', 'built-in=480'];
    const compared = ['--backend', 'wasm', '--against', small, '--against', large];
    const { code, out, err } = await run([...cascade, ...compared, '--json']);
    expect([code, err]).toEqual([0, expect.any(String)]);
    const [found] = (JSON.parse(out) as { readonly cascades: readonly { readonly against: Against }[] })
      .cascades;
    expect(found?.against.paired).toBe(true);
    expect(found?.against.mix.map(({ name }) => name)).toContain('cifar-resnet8-0.25');
    const text = await run([...cascade, ...compared]);
    expect(text.out).toContain('static networks at equal cost: the line between the two neighbours in MACs');
  });

  it('takes a network that was trained with a fixed pattern, the same in every engine and file', async () => {
    const fixed = join(root, 'fixed');
    const made = await run([
      ...['train', '--recipe', 'demo-dynamic', '--backend', 'wasm', '--data', 'built-in=16', '--out', fixed],
      ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--set', 'batchSize=8', '--set', 'epochs=1'],
      ...['--set', 'gating.policy.kind=fixed', '--set', 'gating.policy.pattern=10,01,00'],
    ]);
    expect([made.code, made.err]).toEqual([0, expect.not.stringContaining('same sub-blocks')]);
    const { out, code } = await run(['eval', fixed, ...common, '--execution', 'both', '--json']);
    const found = JSON.parse(out) as { readonly executionRates: unknown; readonly meanMacs: number };
    expect([code, found.executionRates]).toEqual([0, [[1, 0], [0, 1], [0, 0]]]); // prettier-ignore
    const against = await run(['eval', large, ...common, '--against', fixed, '--json']);
    expect([against.code, against.err]).toEqual([0, expect.any(String)]);
    expect(JSON.parse(against.out)).toMatchObject({ against: { paired: true } });
    const { architecture, weights } = await openNetworkData(fixed);
    const session = await DynamicSession.create(exportOnnx({ architecture, weights }));
    const { gates, macs } = await session.run(new Float32Array(32 * 32 * 3).fill(2.5));
    await session.close();
    expect(gates).toEqual([[true, false], [false, true], [false, false]]); // prettier-ignore
    expect(macs).toBe(found.meanMacs);
  });

  it('refuses what decides, other images, and files that are no logs', async () => {
    const refused = async (...options: string[]): Promise<string> => {
      const { code, err } = await run(['eval', small, ...common, ...options]);
      expect(code).toBe(2);
      return err;
    };
    expect(await refused('--against', trained)).toMatch(
      /--against: expected a network without choice, got .*, dmnn-cifar-resnet8-0\.25-n2, whose gates decide by image/,
    );
    const other = join(root, 'other.jsonl');
    await run(['eval', small, '--data', 'built-in=80', '--backend', 'wasm', '--log', other]);
    expect(await refused('--against', other, '--against', small)).toMatch(
      /--against: expected networks measured on the same images/,
    );
    const broken = join(root, 'broken.jsonl');
    const head = (changes: object = {}) =>
      JSON.stringify({
        ...{ format: 1, kind: 'network', networks: ['a'], data: 'built-in' },
        ...{ columns: ['index', 'right', 'macs'], ...changes },
      });
    for (const [text, message] of [
      ['no json\n', /expected a log of dmnn eval --log, got line 1, which is not JSON\. Write the log again/],
      [`${head()}\n[0,1,\n`, /got line 2, which is not JSON/],
      ['{"columns":["right"]}\n', /a first line without the columns index, right and macs/],
      [`${head()}\n[0,1]\n`, /no list of 3 numbers in line 2/],
      [`${head()}\n`, /one without images/],
      [`${head({ format: 2 })}\n[0,1,9]\n`, /of format 1, got format 2/],
      [`${head({ kind: 'cascade' })}\n[0,1,9]\n`, /without choice, got that of a cascade or of exits/],
      [`${head({ kind: 'x' })}\n[0,1,9]\n`, /without choice, got that of "x"/],
      [`${head()}\n[0,1,9]\n[1,2,9]\n`, /got 2 for right, which is 0 or 1 in line 3/],
      [`${head()}\n[0,1,-5]\n`, /got -5 MACs in line 2/],
      [`${head()}\n[0,1,9]\n[0,1,9]\n`, /got the index 0 again in line 3/],
      [`${head()}\n[0.5,1,9]\n`, /got the index 0\.5 in line 2/],
      [`${head()}\n[0,1,9]\n[1,1,8]\n`, /without choice, got one whose costs differ by image/],
      [`${head({ data: 'cifar10' })}\n[0,1,9]\n`, /expected networks measured on built-in, got .*cifar10/],
    ] as const) {
      writeFileSync(broken, text);
      expect(await refused('--against', broken)).toMatch(message);
    }
  });

  it('refuses what cannot be compared with or written before anything is opened, and says which log goes', async () => {
    const zipped = join(root, 'damaged.jsonl.gz');
    const log = join(root, 'there.jsonl');
    const whole = gzipSync('{"format":1}\n');
    const cut =
      /--against .*damaged\.jsonl\.gz: expected a log .*, compressed by gzip, got a file that is damaged, cut short or not compressed/;
    for (const bytes of ['no gzip', whole.subarray(0, 12), '']) {
      writeFileSync(zipped, bytes);
      const { code, err } = await run(['eval', small, ...common, '--against', zipped]);
      expect([code, err]).toEqual([2, expect.stringMatching(cut)]);
      expect(err).not.toMatch(/header check|unexpected end|images of/);
    }
    const both = ['eval', small, '--then', large, ...common, '--budgets', '0.5', '--choose-on', 'training'];
    const same = await run([...both, '--log', join(root, 'one'), '--save', join(root, 'one')]);
    expect(same).toMatchObject({ code: 2, err: expect.stringMatching(/--log: expected a file, got .*one, which --save makes a folder/) as string }); // prettier-ignore
    const missing = await run([...both, '--against', join(root, 'nowhere')]);
    expect(missing).toMatchObject({ code: 2, err: expect.stringMatching(/--against: .*nowhere, which does not exist/) as string }); // prettier-ignore
    for (const { err } of [same, missing]) expect(err).not.toContain('images of');
    writeFileSync(log, 'mine');
    const { code, err } = await run(['eval', small, ...common, '--log', log]);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/--log: .*there\.jsonl is there, and is overwritten/),
    ]);
    expect(readFileSync(log, 'utf8')).toMatch(/^\{"format":1/);
  });

  it('compares with a log of other images, and says so', async () => {
    const other = join(root, 'other-images.jsonl');
    await run(['eval', small, '--data', 'built-in=80', '--backend', 'wasm', '--log', other]);
    const { out } = await run(['eval', small, ...common, '--against', other]);
    expect(out).toContain('they were measured on other images');
  });
});

describe('classes of a network and of data', () => {
  it('are compared by name, and another order is refused', async () => {
    const names = classNamesOf('shapes') ?? [];
    const architecture = createArchitecture('cifar-resnet8-0.25', { classes: names.length });
    const saved = async (folder: string, classNames: readonly string[]): Promise<string> => {
      await saveModel(join(root, folder), {
        ...{ architecture, weights: initialWeights(architecture, { seed: 1 }), classNames },
        ...{ channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.25, 0.25, 0.25] },
        importedFrom: { file: 'a.safetensors', sha256: '0'.repeat(64), names: 'torchvision' },
      });
      return join(root, folder);
    };
    const evaluated = (folder: string) => run(['eval', folder, '--data', 'shapes=40', '--backend', 'wasm']);
    const turned = await evaluated(await saved('turned', [...names].reverse()));
    expect(turned).toMatchObject({
      code: 2,
      err: expect.stringMatching(
        /--data: expected class 0 to be "\S+", as in cifar-resnet8-0\.25, got "\S+" in shapes: the same classes in another order/,
      ) as string,
    });
    expect((await evaluated(await saved('same', names))).code).toBe(0);
    const words = names.map((name) => `a ${name}`);
    expect((await evaluated(await saved('synonyms', words))).code).toBe(0);
  });
});

describe('dmnn eval of several seeds', () => {
  it('gives means over seeds, of the difference to the control too', async () => {
    const other = join(root, 'seed-2');
    await trainSmallRun(other, 2);
    const json = await run(['eval', trained, other, ...common, '--control', '--json']);
    expect([json.code, json.err]).toEqual([0, expect.any(String)]);
    interface Mean {
      readonly mean: number;
      readonly interval: readonly [number, number];
    }
    const { runs, seeds } = JSON.parse(json.out) as {
      readonly runs: readonly (Found & { readonly seed: number; readonly run: string })[];
      readonly seeds: readonly {
        readonly name: string;
        readonly top1ErrorPercent: Mean;
        readonly control: { readonly difference: Mean; readonly differences: readonly number[] };
      }[];
    };
    expect(runs.map(({ seed, run: folder }) => [seed, folder])).toEqual([
      [1, trained],
      [2, other],
    ]);
    const [one] = seeds;
    expect(one?.name).toBe('as trained');
    const mean = (of: (each: Found) => number): number => runs.reduce((sum, each) => sum + of(each), 0) / 2;
    expect(one?.top1ErrorPercent.mean).toBeCloseTo(
      mean((each) => each.top1ErrorPercent),
      9,
    );
    expect(one?.control.differences).toEqual(runs.map(({ control }) => control.difference));
    expect(one?.control.difference.mean).toBeCloseTo(
      mean(({ control }) => control.difference),
      9,
    );
    // each as it would be alone
    const alone = JSON.parse((await run(['eval', other, ...common, '--control', '--json'])).out) as Found;
    expect(runs[1]?.control).toEqual(alone.control);

    const { out } = await run(['eval', trained, other, ...common, '--control']);
    expect(out).toMatch(
      /^means over 2 seeds \(1, 2\), with their 95 % intervals over seeds by Student's t$/m,
    );
    expect(out).toMatch(/^as trained .* ± /m);
  });

  it('refuses runs that are not of different seeds alone, and what is of one run', async () => {
    const refused = async (...options: string[]): Promise<string> => {
      const { code, err } = await run(['eval', trained, ...options, ...common]);
      expect(code).toBe(2);
      return err;
    };
    const epochs = join(root, 'epochs-2');
    await trainSmallRun(epochs, 3, 2);
    expect(await refused(trained)).toMatch(/run: expected runs of different seeds, got seed 1 twice/);
    expect(await refused(epochs)).toMatch(
      /run: expected runs that differ in their seed alone, got .*, which also differ in epochs/,
    );
    expect(await refused(epochs, '--log', 'x')).toMatch(/--log: expected one run, got 2/);
  });
});
