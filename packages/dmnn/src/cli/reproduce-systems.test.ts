import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-systems-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const quick = [
  ...['--data', 'built-in=4', '--backend', 'wasm', '--scale', 'laptop'],
  ...['--set', 'epochs=1', '--set', 'batchSize=2'],
];

describe('dmnn reproduce', () => {
  it.each([
    ['resnet', 'table1/17-resnet101', 'cifar-resnet8-0.25'],
    ['resnext', 'table1/18-resnext101-2x40d', 'cifar-resnext11-2x40d-0.05'],
    ['convnet-aig', 'table1/19-convnet-aig101-t0.5', 'convnet-aig-cifar-resnet8-0.25'],
    ['slimmable', 'table2/03-slimmable-mobilenetv2-0.75', 'cifar-mobilenetv2-0.1'],
    ['mobilenet-v2', 'table2/08-mobilenetv2-1.4', 'cifar-mobilenetv2-0.1'],
    ['dmnn', 'table2/09-dmnn-mobilenetv2-1.4-n2-t0.7', 'dmnn-cifar-mobilenetv2-0.1-n2'],
  ])('goes from --dry-run to report for %s', async (system, row, model) => {
    const out = join(folder, system);
    const arguments_ = ['reproduce', row, ...quick, '--set', `model.name=${model}`, '--out', out];
    const plan = await run([...arguments_, '--dry-run', '--json']);
    expect(plan.code, plan.err).toBe(0);
    expect(JSON.parse(plan.out)).toMatchObject({ steps: 2, model: { name: model } });
    const trained = await run([...arguments_, '--json']);
    expect(trained.code, trained.err).toBe(0);
    expect(JSON.parse(trained.out)).toMatchObject({
      status: 'finished',
      ours: { top1ErrorPercent: { deviation: null } },
    });
    const page = await run(['report', join(out, 'seed-1'), '--backend', 'wasm', '--out', join(out, 'page')]);
    expect(page.code, page.err).toBe(0);
  });

  it('prunes the network of a run of another row, from --dry-run to report', async () => {
    const [whole, out] = [join(folder, 'whole'), join(folder, 'pruned')];
    const network = [...quick, '--set', 'model.name=cifar-resnet8-0.25'];
    const first = await run(['reproduce', 'table1/03-resnet50', ...network, '--out', whole]);
    expect(first.code, first.err).toBe(0);
    const rounds = ['--set', 'pruning.batchSize=2', '--set', 'pruning.stepsPerRound=1'];
    const row = ['reproduce', 'table1/04-taylor-pruned-resnet50', ...network, ...rounds, '--out', out];
    const plan = await run([...row, '--dry-run']);
    expect(plan.code, plan.err).toBe(0);
    expect(plan.out).toMatch(/^pruned {2}to at most/m);
    expect((await run(row)).err).toMatch(/pruning: expected a run to start from/);
    const trained = await run([...row, '--from', join(whole, 'seed-1'), '--json']);
    expect(trained.code, trained.err).toBe(0);
    const { ours } = JSON.parse(trained.out) as { ours: { macsRatio: { mean: number } } };
    expect(ours.macsRatio.mean).toBeLessThanOrEqual(0.7);
    const page = await run(['report', join(out, 'seed-1'), '--backend', 'wasm', '--out', join(out, 'page')]);
    expect(page.code, page.err).toBe(0);
  });
});
