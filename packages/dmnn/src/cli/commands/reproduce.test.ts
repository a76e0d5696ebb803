import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-reproduce-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const rowId = 'table1/10-dmnn50-n2-t0.5';
const built = ['--data', 'built-in=16', '--backend', 'wasm', '--scale', 'laptop'];
const quick = ['--set', 'epochs=1', '--set', 'batchSize=8', '--set', 'log.everySteps=1'];
const small = [...built, ...quick, '--set', 'model.name=dmnn-cifar-resnet8-0.25-n2'];

interface Printed {
  readonly status: string;
  readonly seeds: readonly { seed: number; status: string; top1ErrorPercent: number }[];
  readonly ours: Readonly<Record<string, { mean: number; deviation: number | null }>>;
  readonly difference: { top1ErrorPercent: number; macsRatio: number };
}

describe('dmnn reproduce', () => {
  it('prints plan, cost, memory and expected time with --dry-run, and trains nothing', async () => {
    const out = join(folder, 'dry');
    const arguments_ = ['reproduce', rowId, ...small, '--out', out, '--seeds', '1,2', '--dry-run'];
    const { code, out: text, err } = await run(arguments_);
    expect([code, existsSync(out)]).toEqual([0, false]);
    expect(err).toMatch(
      /^built-in, train: 16 images of 16 of 100 classes\nbuilt-in, test: 4 images .*\nbackend wasm: /,
    );
    expect(text).toMatch(
      /^table1\/10-dmnn50-n2-t0\.5 at laptop scale: The method of the paper's table 1, row 10/,
    );
    expect(text).toMatch(/^paper {3}top-1 error \d+\.\d\d %, \d\.\d\d G multiply-accumulates, 57\.6 % of/m);
    expect(text).toMatch(/^steps {3}1 epochs of 2, 2 in all, 8 images each$/m);
    expect(text).toMatch(/^memory {2}about \d+\.\d+ MB of tensors \(estimated\): .* of 8 images/m);
    expect(text).toMatch(
      /^time {4}about \d+ s on this machine at its current load, for each of 2 seeds: 3 training steps of 8 images took/m,
    );
    expect(text).toMatch(/\nrun {5}.*\/seed-2$/); // the plan stands last
    expect(text).not.toContain('{');
    expect(err).toMatch(/^timing a few training steps, .*\ntiming training steps: 0 of 3$/m);

    const json = JSON.parse((await run([...arguments_, '--json'])).out) as Record<string, unknown>;
    expect(json).toMatchObject({
      row: { id: rowId },
      scale: 'laptop',
      seeds: [1, 2],
      steps: 2,
      memory: { images: 8 },
      time: { pace: { batchSize: 8, steps: 3 } },
    });
  });

  it('plans a row by its beginning and without a folder, with the whole recipe before the plan if asked', async () => {
    const words = ['reproduce', 'table1/10', ...small, '--dry-run', '--verbose'];
    const { code, out } = await run(words);
    expect(code).toBe(0);
    expect(out).toMatch(/^\{\n[^]*\n\}\n\ntable1\/10-dmnn50-n2-t0\.5 at laptop scale: [^{}]*$/);
    expect(out).not.toMatch(/^run /m);
    const ambiguous = await run(['reproduce', 'table1/1', ...small, '--dry-run']);
    expect(ambiguous).toMatchObject({
      code: 2,
      err: expect.stringMatching(/Did you mean table1\/1\d/) as string,
    });
  });

  it('refuses folders before it starts a backend', async () => {
    const { code, err } = await run([
      'reproduce',
      rowId,
      ...small,
      '--out',
      join(folder, 'x'),
      '--from',
      '/none',
    ]);
    expect([code, err]).toEqual([2, expect.stringMatching(/^dmnn: --from: .*does not exist/)]);
  });

  const seeds = join(folder, 'seeds');

  it('is interrupted with 130; resumed, it trains what is left, and prints the paper’s numbers next to ours', async () => {
    const arguments_ = ['reproduce', rowId, ...small, '--out', seeds, '--seeds', '1,2'];
    let begun = 0;
    const first = await run(arguments_, {
      // the first step of the second seed
      onInterrupt: (listener) => {
        const timer = setInterval(() => {
          if (existsSync(join(seeds, 'seed-2')) && begun++ === 0) listener();
        }, 1);
        return () => {
          clearInterval(timer);
        };
      },
    });
    expect(first.code).toBe(130);
    expect(first.err).toContain('Finishing the step and saving');
    expect(first.out).toMatch(/^interrupted in seed 2 after step [0-2] of 2; saved\. .*--resume\.$/m);
    expect(first.out).toMatch(/^top-1 error of each seed, %: 1: \d+\.\d\d$/m);

    const refused = await run(arguments_);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toMatch(/seed-1: expected a folder without a run/);

    const { code, out, err } = await run([...arguments_, '--resume']);
    expect(code).toBe(0);
    expect(err).toMatch(/^seed 2: resumed at step [0-2] of 2/m);
    expect(err).not.toMatch(/^seed 1: epoch/m);
    expect(out).toMatch(/^ +paper +ours +difference$/m);
    expect(out).toMatch(/^top-1 error, % +\d+\.\d\d +\d+\.\d\d ± \d+\.\d\d +\+\d+\.\d\d$/m);
    expect(out).toMatch(/^of the undivided backbone's, % +57\.6 +\d+\.\d ± \d+\.\d +[+−]\d+\.\d$/m);
    expect(out).toMatch(/^gates open, % +– +\d+\.\d ± \d+\.\d$/m);
    expect(out).toMatch(/ours for another network on built-in/);
    expect(out).toMatch(/^The recipe was changed: epochs=1, batchSize=8, /m);

    const printed = JSON.parse((await run([...arguments_, '--resume', '--json'])).out) as Printed;
    const errors = printed.seeds.map(({ top1ErrorPercent }) => top1ErrorPercent);
    expect(printed.seeds.map(({ seed, status }) => [seed, status])).toEqual([[1, 'finished'], [2, 'finished']]); // prettier-ignore
    expect(printed.ours['top1ErrorPercent']?.mean).toBeCloseTo((errors[0]! + errors[1]!) / 2, 9);
    expect(printed.difference.macsRatio).toBeCloseTo(printed.ours['macsRatio']!.mean - 0.576, 9);
  });

  it('leaves runs that report reads', async () => {
    const out = join(folder, 'page');
    const { code } = await run(['report', join(seeds, 'seed-1'), join(seeds, 'seed-2'), '--backend', 'wasm', '--out', out]); // prettier-ignore
    expect([code, existsSync(join(out, 'report.html'))]).toEqual([0, true]);
  });

  it.each([
    ['an unknown row', ['table1/10-dmnn50-n2-t0.6'], /table1\/10-dmnn50-n2-t0\.5/],
    ['a scale that is none', [rowId, '--scale', 'small'], /--scale: expected paper, laptop, got 'small'/],
    ['a seed twice', [rowId, '--seeds', '1,1'], /--seeds: expected distinct seeds, got 1,1/],
    ['a seed that is none', [rowId, '--seeds', '1,-2'], /--seeds: expected integers/],
    ['the seed as a setting', [rowId, '--set', 'seed=3'], /--set seed: expected --seeds/],
    ['an unknown setting', [rowId, '--set', 'epoch=3'], /did you mean epochs\?/],
    ['data that are not the row’s', [rowId], /expected ImageNet, 1000 classes at 224 pixels, got built-in/],
  ])('refuses %s', async (_, arguments_, message) => {
    const { code, out, err } = await run([
      'reproduce',
      ...arguments_,
      '--data',
      'built-in=16',
      '--out',
      folder,
    ]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(message);
  });
});
