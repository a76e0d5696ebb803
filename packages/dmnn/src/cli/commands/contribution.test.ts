import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-contribution-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const built = ['--backend', 'wasm', '--data', 'built-in=16', '--set', 'batchSize=8', '--set', 'epochs=1'];

interface Budgets {
  readonly budgets: readonly { readonly threshold: number | null; readonly macsRatio?: number }[];
}

describe('gates that learn what sub-blocks contribute', () => {
  it('go from a dry run to a report, with one checkpoint for several budgets', async () => {
    const [from, out] = [join(folder, 'static'), join(folder, 'contribution')];
    const small = ['--set', 'model.name=cifar-resnet8-0.25'];
    expect(await run(['train', '--recipe', 'demo', ...built, ...small, '--out', from])).toMatchObject({
      code: 0,
    });
    const divided = [
      ...['train', '--recipe', 'demo-contribution', ...built, '--from', from],
      ...['--set', 'model.name=dmnn-cifar-resnet8-0.25-n2', '--out', out],
    ];
    const plan = await run([...divided, '--dry-run']);
    expect(plan.code).toBe(0);
    expect(plan.out).toMatch(
      /^target {2}gates learn what sub-blocks contribute \(norm\); as trained they open for about 0\.600 of the network's MACs/m,
    );
    expect(existsSync(out)).toBe(false);

    const trained = await run(divided);
    expect([trained.code, trained.err]).toEqual([0, expect.not.stringContaining('warning') as string]);
    const log = readFileSync(join(out, 'metrics.jsonl'), 'utf8');
    expect(log).toMatch(/"contribution":0\.\d+/);

    const both = await run(['eval', out, '--backend', 'wasm', '--execution', 'both']);
    expect(both.code).toBe(0);
    const evaluated = await run(['eval', out, '--backend', 'wasm', '--budgets', '0.5,0.8', '--json']);
    expect(evaluated.code).toBe(0);
    const { budgets } = JSON.parse(evaluated.out) as Budgets;
    const [low, high] = budgets.map(({ threshold }) => threshold ?? NaN);
    expect(low!).toBeGreaterThan(high!);

    const page = await run(['report', out, '--backend', 'wasm', '--out', join(folder, 'page')]);
    expect([page.code, page.out]).toEqual([0, join(folder, 'page', 'report.html')]);
    expect(readFileSync(page.out, 'utf8')).toContain('contribution');
  });
});
