import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochLine } from '@dmnn/test-kit';
import { type TableRow, rowRecipe } from '@dmnn/trainer/paper';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-tables-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const rowId = 'table3/03-dmnn-cifar-resnet50-n2-t0.6';

/** A run folder as training leaves it, as far as tables read it. */
function runFolder(name: string, changes: { recipe?: object; size?: number; epochs?: number }): string {
  const path = join(folder, name);
  mkdirSync(path);
  const recipe = { ...rowRecipe(rowId), ...changes.recipe };
  const data = { name: 'cifar100', size: changes.size ?? 50_000 };
  writeFileSync(
    join(path, 'config.json'),
    JSON.stringify({ format: 1, recipe, data: { train: data, test: data } }),
  );
  const epochs = Array.from({ length: changes.epochs ?? recipe.epochs }, (_, epoch) =>
    epochLine({ epoch, evaluation: { topOneErrorPercent: 90 - epoch / 4 } }),
  );
  writeFileSync(join(path, 'metrics.jsonl'), epochs.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

describe('dmnn tables', () => {
  it('prints all 42 rows with exactly the promised fields with --json', async () => {
    const { code, out, err } = await run(['tables', '--json']);
    expect([code, err]).toEqual([0, '']);
    const rows = JSON.parse(out) as TableRow[];
    expect(rows).toHaveLength(42);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual([
        'id',
        'table',
        'row',
        'model',
        'system',
        'paper',
        'ours',
        'reason',
        'command',
      ]);
      expect(Object.keys(row.ours)).toEqual(['parameters', 'macs', 'ratioPercent', 'top1ErrorPercent']);
    }
  });

  it('prints one table: the paper’s numbers, ours, and the reasons under them', async () => {
    const { out } = await run(['tables', '3']);
    expect(out).toMatch(/^Table 3: ResNet-50 on CIFAR-100$/m);
    expect(out).not.toContain('Table 1');
    expect(out).toMatch(/^01-cifar-resnet50 +27\.55 +– +– +23\.705 +0\.33 +0\.326 +100\.0 +100\.0$/m);
    expect(out).toMatch(/^ {3}1 {2}MACs agree as printed\.$/m);
    expect(out).toContain('Ours: multiply-accumulates');
  });

  it('says which command reproduces a row', async () => {
    const rows = JSON.parse((await run(['tables', '--json'])).out) as (TableRow & { command: string })[];
    const commands = new Map(rows.map(({ id, command }) => [id, command]));
    expect(commands.get(rowId)).toBe(`dmnn reproduce ${rowId} --data cifar100=PATH --out FOLDER`);
    expect(commands.get('table1/03-resnet50')).toContain('table1/03-resnet50 --data imagenet=PATH');
    expect(commands.get('table1/04-taylor-pruned-resnet50')).toMatch(/ --out FOLDER --from RUN$/);
    const { out } = await run(['tables']);
    expect(out).toMatch(/^Reproduce one: dmnn reproduce table4\/ROW --data imagenet=PATH --out FOLDER$/m);
    expect(out).toContain('--scale laptop --data cifar100=PATH');
  });

  it('shows the error of a run that is the row’s', async () => {
    const whole = runFolder('whole', { recipe: { seed: 7 } });
    const { out } = await run(['tables', '3', '--json', '--run', whole]);
    const errors = (JSON.parse(out) as TableRow[]).map(({ ours }) => ours.top1ErrorPercent);
    expect(errors).toEqual([null, null, 90 - 199 / 4, null]); // the last of 200 epochs
  });

  it('shows a slimmable row’s error at the row’s width, not the whole network’s', async () => {
    const id = 'table2/03-slimmable-mobilenetv2-0.75';
    const path = join(folder, 'slimmable');
    mkdirSync(path);
    const data = { name: 'imagenet', size: 1_281_167 };
    const recipe = rowRecipe(id);
    writeFileSync(
      join(path, 'config.json'),
      JSON.stringify({ format: 1, recipe, data: { train: data, test: data } }),
    );
    const epoch = epochLine({
      epoch: recipe.epochs - 1,
      evaluation: { topOneErrorPercent: 28 },
      widths: [
        { width: 0.75, topOneErrorPercent: 31 },
        { width: 0.5, topOneErrorPercent: 35 },
      ],
    });
    writeFileSync(join(path, 'metrics.jsonl'), `${JSON.stringify(epoch)}\n`);
    const { out } = await run(['tables', '2', '--json', '--run', path]);
    const row = (JSON.parse(out) as TableRow[]).find((each) => each.id === id);
    expect(row?.ours.top1ErrorPercent).toBe(31);
  });

  it.each([
    ['of which epochs are left', { epochs: 150 }, 'expected a finished run, got 150 of 200 epochs'],
    ['with a shorter recipe', { recipe: { epochs: 20 } }, 'got another epochs'],
    ['on a part of the data', { size: 400 }, 'got another data (400 images of cifar100)'],
    ['at laptop scale', { recipe: { name: `${rowId}-laptop` } }, 'no place in the tables'],
    ['of no row', { recipe: { name: 'mine' } }, "got 'mine'"],
  ])('refuses the error of a run %s', async (name, changes, message) => {
    const { code, err } = await run(['tables', '--run', runFolder(name, changes)]);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });

  it('refuses a second run of a row, which would replace the first without a word', async () => {
    const [one, other] = [runFolder('one', {}), runFolder('other', {})];
    const { code, err } = await run(['tables', '--run', one, '--run', other]);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/other: expected one run of each row, got a second of/),
    ]);
  });

  it.each(['5', '0', 'one'])('refuses table %s', async (table) => {
    const { code, err } = await run(['tables', table]);
    expect([code, err]).toEqual([2, `dmnn: table: expected an integer from 1 to 4, got ${table}`]);
  });
});
