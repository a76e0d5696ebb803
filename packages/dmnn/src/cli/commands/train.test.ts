import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recipeNamed } from '@dmnn/runs';
import { afterAll, describe, expect, it } from 'vitest';
import { remarksOf, run } from '../../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-train-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** As small as a dynamic network gets: 32 images in two steps an epoch. */
const tiny = [
  ...['train', '--recipe', 'demo-dynamic', '--backend', 'wasm', '--data', 'built-in=16'],
  ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--set', 'batchSize=8', '--set', 'epochs=2'],
];

describe('dmnn train', () => {
  it('prints the plan and writes nothing with --dry-run', async () => {
    const out = join(folder, 'dry');
    const { code, out: text } = await run([...tiny, '--out', out, '--dry-run', '--json']);
    expect(code).toBe(0);
    const plan = JSON.parse(text) as Record<string, unknown>;
    expect(plan).toMatchObject({ steps: 4, stepsPerEpoch: 2, folder: out });
    expect(plan['optimum']).toMatchObject({ executionRate: expect.any(Number) as number });
    expect(readdirSync(folder)).not.toContain('dry');

    const { out: readable } = await run([...tiny, '--dry-run']); // a plan needs no folder
    expect(readable).not.toMatch(/^run|\{/m);
    const verbose = await run([...tiny, '--out', out, '--dry-run', '--verbose']);
    expect(verbose.out).toMatch(/^\{\n[^]*\n\}\n\n[^{}]*\nrun {5}.*\/dry$/); // the plan stands last
    expect(await run([...tiny, '--out', out, '--verbose'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--verbose: expected with --dry-run') as string,
    });
    expect(readable).toMatch(/^steps {3}2 epochs of 2, 4 in all, 8 images each$/m);
    expect(readable).toMatch(/^target {2}t = 0\.6: both resource losses are least at gates [01]\.\d{3}/m);
  });

  it('shows the learning rates of parts in the dry run', async () => {
    const factors = ['--set', 'fineTuning.learningRateFactors={"trunk":0.1,"head":2}'];
    const { out, err } = await run([...tiny, '--dry-run', ...factors]);
    expect(err).not.toContain('expected');
    expect(out).toMatch(
      /^rates {3}trunk 0\.1 times, head 2 times the learning rate, which starts at 0\.\d+$/m,
    );
    expect((await run([...tiny, '--dry-run'])).out).not.toMatch(/^rates/m);
    const none = await run([...tiny, '--dry-run', '--set', 'fineTuning.learningRateFactors.trunk=0']);
    expect(none).toMatchObject({
      code: 2,
      err: expect.stringContaining('learningRateFactors.trunk') as string,
    });
  });

  it.each([
    ['imageSizePx=1e9', /imageSizePx: expected 32, as the images of built-in are, got 1000000000/],
    ['imageSizePx=1e999', /imageSizePx: expected number, got "1e999"/],
    ['batchSize=1e9', /batchSize: expected at most the \d+ training images, got 1000000000/],
    ['epochs=9e15', /epochs: expected at most 9007199254740991 steps in all, got 18000000000000000/],
    [
      'model.controller={"kind":"state","hiddenUnits":1e9}',
      /model: expected tensors of at most 16 TiB, got about .* by estimate\. Choose a smaller network\./,
    ],
    ['gating=null', /gating: expected settings, since .* has 3 gated blocks, got null/],
  ])('refuses what train would in the dry run too: %s', async (setting, message) => {
    const { code, err } = await run([...tiny, '--dry-run', '--set', setting, '--json']);
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code: 'DMNN_RECIPE', message: expect.stringMatching(message) as string },
    });
    expect(code).toBe(2);
  });

  it('trains, shows progress on stderr and prints the result', async () => {
    const out = join(folder, 'whole');
    const { code, out: text, err } = await run([...tiny, '--out', out, '--json']);
    expect(code).toBe(0);
    const result = JSON.parse(text) as { evaluation: Record<string, unknown> };
    expect(result).toMatchObject({ status: 'finished', step: 4, steps: 4, folder: out });
    expect(Object.keys(result.evaluation)).toEqual([
      'top1ErrorPercent',
      'meanMacs',
      'macsRatio',
      'executionRates',
      'msPerImage',
    ]);
    const remarks = remarksOf({ err });
    expect(remarks).toMatch(/^backend wasm: /m);
    expect(remarks).toMatch(/^step 0\/4: the first takes longest$/m);
    expect(remarks).toMatch(
      /^epoch 1\/2 {2}test error \d+\.\d\d % {2}gates [01]\.\d{3} {2}MACs \d+\.\d % {2}4 images/m,
    );
    expect(readdirSync(out)).toEqual(
      expect.arrayContaining(['config.json', 'metrics.jsonl', 'checkpoints', 'best']),
    );
  });

  it('names everything that is missing at once', async () => {
    const missing = async (...words: string[]): Promise<string> => (await run(['train', ...words])).err;
    expect(await missing()).toContain('expected --recipe <recipe> and --out <run>, got neither');
    expect(await missing('--recipe', 'demo')).toContain('train: expected --out <run>, got none');
    expect(await missing('--recipe', 'cifar-resnet20')).toContain('expected --data <data> and --out <run>, got neither'); // prettier-ignore
    expect(await missing('--recipe', 'cifar-resnet20', '--out', folder)).toMatch(
      /--data: expected built-in, built-in=IMAGES .*imagenet=PATH or folder=PATH .*, got none, and recipe cifar-resnet20 uses cifar100/,
    );
  });

  it('refuses folders before it opens data or starts a backend', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    for (const [options, message] of [
      [['--out', file], 'expected a folder that can be written to'],
      [['--out', join(file, 'within')], 'expected a folder that can be written to'],
      [['--out', join(folder, 'new'), '--from', join(folder, 'none')], 'which does not exist'],
      [['--out', join(folder, 'new'), '--from', folder], 'holds neither config.json nor model.json'],
      [['--out', join(folder, 'new'), '--data', 'cifar100=/nowhere'], '/nowhere'],
    ] as const) {
      const { code, err } = await run([...tiny, ...options]);
      expect(code).not.toBe(0);
      expect(err).toContain(message);
      expect(err).not.toMatch(/^backend/m);
    }
  });

  it('prints the command that evaluates the run as a shell reads it', async () => {
    const out = join(folder, "it's a run");
    const { out: text } = await run([...tiny, '--out', out, '--set', 'epochs=1']);
    expect(text).toMatch(/^evaluate it: dmnn eval '.*it'\\''s a run'$/m);
  });

  it('is tested on training images that it held out', async () => {
    const out = join(folder, 'held-out');
    const { code } = await run([...tiny, '--hold-out', '6', '--out', out]);
    expect(code).toBe(0);
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as { data: unknown };
    expect(config.data).toMatchObject({
      train: { name: 'built-in, 6 held out', size: 10 },
      test: { name: 'built-in, 6 held out', size: 6 },
    });
  });

  it('is trained on a part of the training images', async () => {
    const out = join(folder, 'part');
    const { code } = await run([...tiny, '--train-images', '8', '--out', out]);
    expect(code).toBe(0);
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as { data: unknown };
    expect(config.data).toMatchObject({ train: { name: 'built-in', size: 8 }, test: { name: 'built-in' } });
  });

  it('refuses a folder that holds a run, unless resuming', async () => {
    const out = join(folder, 'whole');
    const again = await run([...tiny, '--out', out, '--json']);
    expect(again.code).toBe(1);
    expect(again.err).toContain('DMNN_RUN_EXISTS');
    const resumed = await run([...tiny, '--out', out, '--resume']);
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain('trained 4 steps');
  });

  it('resumes with the run’s own settings, but for those that --set gives, and says what stays', async () => {
    const out = join(folder, 'steered');
    const begun = [...tiny, '--out', out, '--set', 'learningRate.from=0.05'];
    expect((await run([...begun, '--set', 'epochs=1'])).code).toBe(0);
    const left = tiny.slice(0, -2); // without epochs=2
    const more = await run([...left, '--out', out, '--resume', '--set', 'epochs=2']);
    expect(more.code).toBe(0);
    expect(more.out).toContain('trained 4 steps');
    expect(more.err).toMatch(
      /^learningRate\.from stays 0\.05, as the run has it; recipe demo-dynamic has [\d.]+, which --set would change it to$/m,
    );
    expect(more.err).toContain('settings changed after step 2: epochs: 1 then, 2 now');
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as { changes: unknown };
    expect(config.changes).toMatchObject([
      { fromStep: 2, recipe: { epochs: 2, learningRate: { from: 0.05 } } },
    ]);
    expect((await run(['eval', out, '--backend', 'wasm'])).code).toBe(0);

    const other = await run([...begun, '--resume', '--set', 'seed=7', '--set', 'epochs=3']);
    expect(other.code).toBe(1);
    expect(other.err).toMatch(/recipe\.seed: \d+ then, 7 now\n {2}recipe\.epochs: 2 then, 3 now/);
  });

  it('finishes the step, saves and ends with 130 when interrupted; resuming gives the same weights', async () => {
    const out = join(folder, 'interrupted');
    const {
      code,
      out: text,
      err,
    } = await run([...tiny, '--out', out, '--set', 'log.everySteps=1'], {
      onInterrupt: (listener) => {
        const timer = setTimeout(listener, 1); // runs when training first yields
        return () => {
          clearTimeout(timer);
        };
      },
    });
    expect(code).toBe(130);
    expect(err).toContain('Finishing the step and saving');
    expect(text).toMatch(/interrupted (after step [1-3] of 4; saved|before the first step)\. .*--resume/);

    const resumed = await run([...tiny, '--out', out, '--set', 'log.everySteps=1', '--resume']);
    expect(resumed.code).toBe(0);
    expect(resumed.err).toMatch(/resumed at step [0-3] of 4 from /);
    const last = (run: string): Buffer =>
      readFileSync(join(folder, run, 'checkpoints', 'step-00000004', 'weights.safetensors'));
    expect(last('interrupted').equals(last('whole'))).toBe(true);
  });

  it('reads a recipe of one’s own from a file', async () => {
    const file = join(folder, 'mine.json');
    writeFileSync(file, JSON.stringify({ ...recipeNamed('demo'), name: 'mine', epochs: 7 }));
    const { out } = await run(['train', '--recipe', file, '--out', folder, '--dry-run', '--json']);
    expect(JSON.parse(out)).toMatchObject({ recipe: { name: 'mine', epochs: 7 }, optimum: null });
    for (const [text, reason] of [
      ['{', 'mine.json: expected JSON: expected a key at character 1'],
      ['{"epochs":1,"epochs":2}', 'mine.json: expected JSON: key "epochs" appears twice'],
      ['['.repeat(1000), 'mine.json: expected JSON: expected at most 64 levels'],
    ] as const) {
      writeFileSync(file, text);
      expect(await run(['train', '--recipe', file, '--out', folder])).toMatchObject({
        code: 2,
        err: expect.stringContaining(reason) as string,
      });
    }
  });

  it('reads a recipe with a byte order mark', async () => {
    const file = join(folder, 'marked.json');
    const json = JSON.stringify({ ...recipeNamed('demo'), name: 'mine', epochs: 7 });
    const planning = ['train', '--recipe', file, '--out', folder, '--dry-run', '--json'];
    writeFileSync(file, `\ufeff${json}`);
    expect(JSON.parse((await run(planning)).out)).toMatchObject({ recipe: { name: 'mine', epochs: 7 } });
    writeFileSync(file, `\ufeff${json}`, 'utf16le');
    expect(await run(planning)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/marked\.json: expected JSON: expected UTF-8, got UTF-16/) as string,
    });
  });

  it('names a recipe file that is not there', async () => {
    const file = join(folder, 'absent.json');
    expect(await run(['train', '--recipe', file, '--out', folder])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--recipe .*absent\.json: expected a file that can be read/) as string,
    });
  });

  it.each([
    ['an unknown recipe', ['--recipe', 'dmo'], 'DMNN_UNKNOWN_RECIPE', /demo/],
    ['an unknown key', ['--set', 'epoch=3'], 'DMNN_RECIPE', /epoch: unknown key, did you mean epochs\?/],
    [
      'a target rate out of range',
      ['--set', 'gating.targetRate=1.2'],
      'DMNN_RECIPE',
      /gating\.targetRate.*1\.2/,
    ],
    ['an unknown model', ['--set', 'model.name=cifar-resnt20'], 'DMNN_UNKNOWN_MODEL', /cifar-resnet20/],
    [
      'all images held out',
      ['--hold-out', '8000'],
      'DMNN_USAGE',
      /fewer than the 8000 training images, got 8000/,
    ],
    [
      'more training images than there are',
      ['--train-images', '8001'],
      'DMNN_USAGE',
      /at most the 8000 training images, got 8001/,
    ],
    ['unknown data', ['--data', 'cifar9=x'], 'DMNN_UNKNOWN_DATASET', /cifar100=PATH/],
    [
      'a size that is none',
      ['--data', 'built-in=few'],
      'DMNN_USAGE',
      /folder=PATH \(your own images\), got built-in=few: IMAGES is an integer >= 4/,
    ],
    [
      'data for which a path is needed',
      ['--recipe', 'cifar-resnet20', '--data', 'cifar100'],
      'DMNN_USAGE',
      /cifar100=PATH/,
    ],
    ['data of no name', ['--data', ''], 'DMNN_USAGE', /--data: expected a value, got an empty one/],
    ['an unknown backend', ['--backend', 'navite'], 'DMNN_USAGE', /Did you mean native/],
    ['an unknown option', ['--rsume'], 'DMNN_USAGE', /--resume/],
  ])('refuses %s with exit code 2 and writes nothing', async (_, options, code, message) => {
    const out = join(folder, 'refused');
    const { code: exitCode, err } = await run([
      'train',
      '--recipe',
      'demo',
      '--backend',
      'cpu',
      '--out',
      out,
      ...options,
      '--json',
    ]);
    expect(JSON.parse(err.split('\n').at(-1) ?? '')).toMatchObject({
      error: { code, message: expect.stringMatching(message) as string },
    });
    expect(exitCode).toBe(2);
    expect(readdirSync(folder)).not.toContain('refused');
  });

  it('asks for data where the recipe’s does not come with the package', async () => {
    const { code, err } = await run([
      'train',
      '--recipe',
      'cifar-resnet20',
      '--out',
      join(folder, 'refused'),
    ]);
    expect(code).toBe(2);
    expect(err).toContain('--data cifar100=PATH');
  });

  it('reports a missing file as a failure, not as wrong use', async () => {
    const { code, err } = await run([
      'train',
      '--recipe',
      'demo',
      '--data',
      `cifar100=${folder}`,
      '--out',
      join(folder, 'refused'),
      '--json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'DMNN_DATA' } });
  });
});
