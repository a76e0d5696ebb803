import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNetworkData } from '@dmnn/runs';
import { type Captured, remarksOf, run } from '../fixtures/run-captured.js';
import { writeOwnImages } from '../fixtures/write-own-images.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-own-images-'));
const tree = join(folder, 'flowers');
const split = join(folder, 'split');
/** Names that no built-in data has, one with what a terminal would obey. */
const odd = 'lily\u001b[2J';
beforeAll(async () => {
  await writeOwnImages(tree, { folders: { rose: 24, tulip: 12, [odd]: 12, 'rose/wild': 4 } });
  await writeOwnImages(split, {
    folders: { 'train/rose': 12, 'train/tulip': 12, 'val/rose': 4, 'val/tulip': 6 },
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** As small as a dynamic network gets. */
const tiny = [
  '--backend',
  'wasm',
  '--workers',
  '0',
  '--set',
  'model.name=dmnn-cifar-resnet8-0.25-n2',
  '--set',
  'epochs=2',
];

describe('images of one’s own', () => {
  const out = join(folder, 'run');

  it('are trained on without a recipe, some held out; what was chosen is said', async () => {
    const { code, err } = await run([
      'train',
      '--data',
      `folder=${tree}`,
      '--hold-out',
      '20%',
      '--out',
      out,
      ...tiny,
    ]);
    expect(err).toMatch(/^folder=flowers, train: 52 images of 3 classes in class folders$/m);
    expect(err).toMatch(/^image size 12 pixels, median of the shorter sides of 52 images: 12 pixels/m);
    expect(err).toMatch(
      /^folder=flowers, 10 held out, train: images per class: \d+ \("lily\\u001b\[2J"\) to 2\d \("rose"\)/m,
    );
    expect(err).toMatch(
      /^recipe images-small, chosen for 42 training images of 12 pixels: dmnn-cifar-resnet8-0\.25-n2, 2 epochs, batches of 4, /m,
    );
    expect(code, err).toBe(0);
    const config = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as { data: { train: object } };
    expect(config.data.train).toMatchObject({
      name: 'folder=flowers, 10 held out',
      size: 42,
      imageSizePx: 12,
      shorterSidePx: 12,
      classNames: [odd, 'rose', 'tulip'],
      facts: { heldOut: 10, heldOutSeed: 1 },
    });
  });

  it('are resumed without saying the recipe again', async () => {
    const resumed = await run([
      'train',
      '--data',
      `folder=${tree}`,
      '--hold-out',
      '20%',
      '--out',
      out,
      '--resume',
      '--backend',
      'wasm',
      '--workers',
      '0',
    ]);
    expect(resumed.out).toContain('trained 20 steps');
    const other = await run([
      'train',
      '--data',
      `folder=${tree}`,
      '--hold-out',
      '11',
      '--out',
      out,
      '--resume',
      '--backend',
      'wasm',
      '--workers',
      '0',
    ]);
    expect(other.err).toContain('data.train.size: 42 then, 41 now');
  });

  it('are evaluated on those that were held out, with budgets, by the names of their classes', async () => {
    const evaluated = await run([
      'eval',
      out,
      '--data',
      `folder=${tree}`,
      '--budgets',
      '0.5,0.9',
      '--json',
      '--engine',
      'tfjs',
      '--backend',
      'wasm',
      '--workers',
      '0',
    ]);
    expect(evaluated.code, evaluated.err).toBe(0);
    expect(remarksOf(evaluated)).toContain('folder=flowers, 10 held out, train');
    expect(JSON.parse(evaluated.out)).toMatchObject({ budgets: [{ budget: 0.5 }, { budget: 0.9 }] });
    const others = join(folder, 'others');
    await writeOwnImages(others, { folders: { tulip: 3, rose: 2 } });
    const all = await run([
      'eval',
      out,
      '--data',
      `folder=${others}`,
      '--json',
      '--engine',
      'tfjs',
      '--backend',
      'wasm',
      '--workers',
      '0',
    ]);
    expect(remarksOf(all)).toMatch(/there are no splits; all 5 images are evaluated/);
    expect(remarksOf(all)).toMatch(/5 images of 2 of 3 classes/);
    expect(all.code).toBe(0);
    await writeOwnImages(others, { folders: { daisy: 1 } });
    const unknown = await run([
      'eval',
      out,
      '--data',
      `folder=${others}`,
      '--engine',
      'tfjs',
      '--backend',
      'wasm',
      '--workers',
      '0',
    ]);
    expect(unknown.err).toMatch(
      /expected classes of the network, which knows "lily.*", "rose", "tulip", got "daisy" too/,
    );
  });

  it('are held out for an evaluation, if the network was not trained on them', async () => {
    const evaluate = (data: string, ...words: string[]) =>
      run([
        ...['eval', out, '--data', `folder=${data}`, '--json', ...words],
        ...['--engine', 'tfjs', '--backend', 'wasm', '--workers', '0'],
      ]);
    const numbersOf = ({ out: text }: { out: string }): Record<string, unknown> => ({
      ...(JSON.parse(text) as Record<string, unknown>),
      msPerImage: 0,
    });
    const own = await evaluate(tree);
    const again = await evaluate(tree, '--hold-out', '20%'); // those of the run
    expect(again.code, again.err).toBe(0);
    expect(remarksOf(again)).not.toContain('may have been trained');
    expect(numbersOf(again)).toEqual(numbersOf(own));
    expect(numbersOf(own)['top1ErrorPercent']).toBeTypeOf('number');
    const others = await evaluate(tree, '--hold-out', '30%');
    expect([others.code, remarksOf(others)]).toEqual([
      2,
      expect.stringMatching(/folder=flowers, train: 52 images/) as string,
    ]);
    expect(others.err).toContain(
      '--hold-out: expected images that the run was not trained on (it was on folder=flowers, 10 held out), got folder=flowers, 16 held out',
    );
    const elsewhere = await evaluate(split, '--hold-out', '6', '--budgets', '0.9');
    expect(elsewhere.code, elsewhere.err).toBe(0);
    expect(JSON.parse(elsewhere.out)).toMatchObject({ budgets: [{ budget: 0.9 }] });
    expect(remarksOf(elsewhere)).toMatch(/folder=split, train: 24 images/);
    const alone = await run(['eval', out, '--hold-out', '6']);
    expect(alone).toMatchObject({ code: 2, err: expect.stringContaining('--hold-out: expected with --data') as string }); // prettier-ignore
  });

  it('are known again by names of files and classes, whatever the folder is called', async () => {
    const evaluate = (data: string, ...words: string[]) =>
      run([
        ...['eval', out, '--data', `folder=${data}`, '--json', ...words],
        ...['--engine', 'tfjs', '--backend', 'wasm', '--workers', '0'],
      ]);
    const errorOf = ({ out: text, err, code }: Captured): unknown => {
      expect(code, err).toBe(0);
      return (JSON.parse(text) as Record<string, unknown>)['top1ErrorPercent'];
    };
    const own = await evaluate(tree);
    expect(remarksOf(own)).toContain('the 10 images are evaluated that the run held out');
    const renamed = join(folder, 'plants');
    cpSync(tree, renamed, { recursive: true });
    const same = await evaluate(renamed);
    expect(remarksOf(same)).toContain('the 10 images are evaluated that the run held out');
    expect(errorOf(same)).toBe(errorOf(own));
    // it was trained on others of them
    expect((await evaluate(renamed, '--hold-out', '30%')).err).toContain(
      '--hold-out: expected images that the run was not trained on (it was on folder=flowers, 10 held out), got folder=plants, 16 held out',
    );

    // a folder of the same name that lacks an image: the draw would hold out others, which it was trained on
    const changed = join(folder, 'elsewhere', 'flowers');
    cpSync(tree, changed, { recursive: true });
    rmSync(join(changed, 'rose', '0.png'));
    const fewer = await evaluate(changed);
    expect(errorOf(fewer)).toBeTypeOf('number');
    expect(remarksOf(fewer)).not.toContain('the run held out');
    expect(remarksOf(fewer)).toContain(
      'folder=flowers: there are no splits; all 51 images are evaluated\nfolder=flowers: the run knows a folder of this name with other test images; if images were added, removed, renamed or moved since, it may have been trained on some of these',
    );
    const held = await evaluate(changed, '--hold-out', '30%');
    expect(errorOf(held)).toBeTypeOf('number');
    expect(remarksOf(held)).toContain('it may have been trained on some of these');
    const budgets = await evaluate(changed, '--budgets', '0.9');
    expect(budgets.err).toMatch(/the run knows a folder of this name.*got images without test images/s);
  });

  it('are exported and classified with the names of their classes', async () => {
    const file = join(folder, 'flowers.onnx');
    const exported = await run(['export', out, '--out', file]);
    expect(exported.code, exported.err).toBe(0);
    for (const model of [out, file]) {
      const { code, out: text } = await run(['predict', join(tree, 'rose', 'wild'), '--model', model]);
      expect(code).toBe(0);
      expect(text.match(/^ .*% {2}(rose \(1\)|tulip \(2\)|lily\\u001b\[2J \(0\))$/gm)).toHaveLength(4 * 3);
    }
  });

  it('with splits are tested on the test images, and on held-out ones if asked', async () => {
    const plan = async (...words: string[]) => {
      const {
        code,
        out: text,
        err,
      } = await run(['train', '--data', `folder=${split}`, '--dry-run', '--json', ...words]);
      expect(code, err).toBe(0);
      return (JSON.parse(text) as { data: unknown }).data;
    };
    expect(await plan()).toEqual({ name: 'folder=split', trainImages: 24, testImages: 10 });
    expect(await plan('--hold-out', '25%')).toEqual({
      name: 'folder=split, 6 held out',
      trainImages: 18,
      testImages: 6,
    });
    // one of each class, where the share would be fewer
    const few = join(folder, 'few');
    await writeOwnImages(few, { folders: { a: 6, b: 3, c: 3 } });
    const { out: text, err } = await run(['train', '--data', `folder=${few}`, '--hold-out', '10%', '--dry-run', '--json']); // prettier-ignore
    expect(JSON.parse(text)).toMatchObject({ data: { trainImages: 9, testImages: 3 } });
    expect(err).toContain(
      'folder=few: 3 images are held out, one of each class; 10%, 1 image, would be fewer',
    );
    expect(await plan('--recipe', 'demo-dynamic', '--set', 'batchSize=8')).toMatchObject({ trainImages: 24 });
  });

  it('of other classes give a trained network a new head, and train what is asked', async () => {
    const changed = async (part: string) => {
      const to = join(folder, part);
      const words = [
        '--from',
        out,
        '--trainable',
        part,
        '--backend',
        'wasm',
        '--workers',
        '0',
        '--set',
        'epochs=1',
      ];
      const { code, err } = await run(['train', '--data', `folder=${split}`, ...words, '--out', to]);
      expect(code, err).toBe(0);
      expect(err).toMatch(
        /new head: dmnn-cifar-resnet8-0\.25-n2 knows 3 classes, the data have 2; its last linear layer begins with random weights \(seed 1\)/,
      );
      const [before, after] = [await openNetworkData(out), await openNetworkData(to, { which: 'latest' })];
      expect(after.classNames).toEqual(['rose', 'tulip']);
      expect(after.weights.get('head.linear.bias')?.shape).toEqual([2]);
      expect(after.channelMeans).toEqual(before.channelMeans);
      const textOf = (tensor?: { readonly data: ArrayLike<unknown> }) =>
        Array.from(tensor?.data ?? []).join();
      const isOther = (name: string) => textOf(after.weights.get(name)) !== textOf(before.weights.get(name));
      return [
        ...new Set(
          [...after.weights.keys()]
            .filter(isOther)
            .map((name) => name.replace(/\..*controller/, '.controller')),
        ),
      ];
    };
    expect(await changed('head')).toEqual(['head.linear.bias', 'head.linear.weight']);
    const controllers = await changed('controllers');
    expect(controllers.filter((name) => !name.includes('controller'))).toEqual([
      'head.linear.bias',
      'head.linear.weight',
    ]);
    expect(controllers.length).toBeGreaterThan(2);
    // a report does not take other images for those of the run
    const report = (data: string) =>
      run([
        ...['report', join(folder, 'head'), '--data', `folder=${data}`, '--out', join(folder, 'report')],
        ...['--backend', 'wasm', '--workers', '0', '--json'],
      ]);
    const other = join(folder, 'other', 'split');
    cpSync(split, other, { recursive: true });
    renameSync(join(other, 'val/rose/0.png'), join(other, 'val/rose/00.png'));
    expect((await report(split)).err).not.toContain('Not evaluated');
    expect((await report(other)).err).toContain(
      'Not evaluated, since the data given (folder=split) have other images than those that images-small was evaluated on: names of files or their classes differ.',
    );
    const taught = await run([
      'train',
      '--data',
      `folder=${split}`,
      '--from',
      out,
      '--set',
      'fineTuning.distillation={}',
      '--backend',
      'wasm',
      '--out',
      join(folder, 'taught'),
      '--workers',
      '0',
    ]);
    expect(taught.err).toMatch(/knows 3 classes and cannot teach the 2 of the data/);
    const alone = await run([
      'train',
      '--data',
      `folder=${split}`,
      '--trainable',
      'head',
      '--out',
      join(folder, 'alone'),
    ]);
    expect(alone.err).toMatch(/--trainable: expected with --from/);
  });

  it.each([
    [['--data', `folder=${tree}`], /got images without test images\. Hold some out: --hold-out 10%/],
    [
      ['--data', `folder=${tree}`, '--hold-out', '2'],
      /--hold-out: expected 3 to 49 of the 52 images, one of each of 3 classes at least and not all of any, or a share such as 10%, got 2 images\./,
    ],
    [['--data', `folder=${tree}`, '--hold-out', '99%'], /expected 3 to 49 of .*, got 99%, 51 images\./],
    [
      ['--data', `folder=${split}`, '--hold-out', '24'],
      /expected fewer than the 24 training images, got 24 images\./,
    ],
    [
      ['--data', `folder=${split}`, '--hold-out', '23'],
      /expected training images of each class to remain, got 23 images, which leaves none of "(rose|tulip)"\. Hold out fewer/,
    ],
    [['--data', `folder=${tree}`, '--hold-out', '100%'], /a share above 0% and below 100%/],
    [['--data', 'folder='], /folder= without the folder/],
    [['--data', 'folder=/nowhere'], /\/nowhere: expected a readable folder/],
    [['--data', 'built-in'], /train: expected --recipe <recipe>/],
    [['--data', 'flder=x'], /Did you mean folder=PATH\?/],
  ])('say what is missing: %j', async (words, message) => {
    const { code, err } = await run(['train', ...words, '--workers', '0', '--out', join(folder, 'refused')]);
    expect(err).toMatch(message);
    expect(code).not.toBe(0);
  });

  it('that are damaged are counted, up to a limit', async () => {
    const damaged = join(folder, 'damaged');
    await writeOwnImages(damaged, { folders: { a: 8, b: 8 } });
    mkdirSync(join(damaged, 'b'), { recursive: true });
    for (const name of ['x', 'y', 'z'])
      writeFileSync(join(damaged, 'b', `${name}.jpg`), Buffer.from([0xff, 0xd8, 0xff]));
    const train = (limit: string, name: string) =>
      run([
        'train',
        '--data',
        `folder=${damaged}`,
        '--hold-out',
        '4',
        '--out',
        join(folder, name),
        ...tiny,
        '--bad-images',
        limit,
      ]);
    const tolerated = await train('3', 'three');
    expect(tolerated.code, tolerated.err).toBe(0);
    expect((await train('1', 'one')).err).toMatch(/damaged/);
  });
});
