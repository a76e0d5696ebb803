import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';
import { writeOwnImages } from '../fixtures/write-own-images.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-categories-'));
const tree = join(folder, 'things');
const file = join(folder, 'mine.tsv');
beforeAll(async () => {
  await writeOwnImages(tree, { folders: { tabby: 6, lion: 6, minibus: 6, trolleybus: 6 } });
  writeFileSync(file, '# by hand\ntabby\tcat\nlion\tcat\nminibus\tbus\ntrolleybus\tbus\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const train = (out: string, ...words: string[]) =>
  run([
    ...[
      'train',
      '--data',
      `folder=${tree}`,
      '--hold-out',
      '8',
      '--out',
      join(folder, out),
      '--backend',
      'wasm',
    ],
    ...['--workers', '0', '--set', 'epochs=1', ...words],
  ]);
const tiny = ['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2'];

const categoriesOf = (out: string): unknown =>
  (
    JSON.parse(readFileSync(join(folder, out, 'config.json'), 'utf8')) as {
      data: { train: { givenCategories?: unknown } };
    }
  ).data.train.givenCategories;

describe('dmnn train --categories', () => {
  it('takes them from a file, for the category loss, and keeps them when the run is resumed', async () => {
    const { code, err } = await train('file', ...tiny, '--categories', file);
    expect(code, err).toBe(0);
    expect(err).not.toContain('the category loss is left out');
    expect(categoriesOf('file')).toEqual({ names: ['cat', 'bus'], ofClass: [0, 1, 0, 1] });
    expect(readFileSync(join(folder, 'file', 'metrics.jsonl'), 'utf8')).toMatch(/"category":0\.\d*[1-9]/);
    const resumed = await train('file', '--resume');
    expect(resumed.code, resumed.err).toBe(0);
    const report = await run([
      'report',
      join(folder, 'file'),
      '--data',
      `folder=${tree}`,
      '--out',
      join(folder, 'report'),
      '--workers',
      '0',
      '--backend',
      'wasm',
    ]);
    expect(report.code, report.err).toBe(0);
    expect(readFileSync(join(folder, 'report', 'data.json'), 'utf8')).toMatch(/"bus"/);
  });

  it('finds them in WordNet, and prints a file to change', async () => {
    const { code, err } = await train('wordnet', ...tiny, '--categories', 'wordnet=2');
    expect(code, err).toBe(0);
    expect(err).toMatch(/2 categories of 4 classes; to change them/);
    expect(categoriesOf('wordnet')).toMatchObject({ ofClass: [0, 1, 0, 1] });
  });

  it('finds them by a trained network of other classes', async () => {
    const other = join(folder, 'other');
    await writeOwnImages(other, { folders: { rose: 8, sky: 8, sea: 8 } });
    const from = await run([
      'train',
      '--data',
      `folder=${other}`,
      '--hold-out',
      '6',
      '--out',
      join(folder, 'from'),
      '--backend',
      'wasm',
      '--workers',
      '0',
      '--set',
      'epochs=1',
      ...tiny,
    ]);
    expect(from.code, from.err).toBe(0);
    const { code, err } = await train('auto', '--from', join(folder, 'from'), '--categories', 'auto=2');
    expect(code, err).toBe(0);
    expect(err).toMatch(/2 categories of 4 classes/);
    const printed = err.split('\n').filter((line) => /^(tabby|lion|minibus|trolleybus)\t/.test(line));
    writeFileSync(file, printed.join('\n'));
    const again = await train('again', ...tiny, '--categories', file);
    expect(again.code, again.err).toBe(0);
    expect(categoriesOf('again')).toEqual(categoriesOf('auto'));
  });

  it.each([
    [['--categories', 'auto=2'], /expected --from with auto=2/],
    [['--categories', 'wordnet=9'], /integer K from 2 to the 4 classes, got wordnet=9/],
    [['--categories', 'auto=two'], /integer K from 2 to the 4 classes, got auto=two/],
    [['--categories', '/nowhere.tsv'], /\/nowhere\.tsv/],
  ])('refuses %j', async (words, message) => {
    const { code, err } = await train('refused', ...tiny, ...words);
    expect(err).toMatch(message);
    expect(code).not.toBe(0);
  });
});
