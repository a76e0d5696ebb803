import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-train-from-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const common = ['--backend', 'wasm', '--data', 'built-in=16', '--set', 'batchSize=8', '--set', 'epochs=1'];
const dynamic = [
  'train',
  '--recipe',
  'demo-dynamic',
  ...common,
  '--set',
  'model.name=dmnn-cifar-resnet8-0.25-n2',
];

describe('dmnn train --from', () => {
  it('divides the network of another run, says what it is worth, and goes on without it', async () => {
    const from = join(folder, 'static');
    const out = join(folder, 'dynamic');
    const network = ['--set', 'model.name=cifar-resnet8-0.25'];
    const trained = await run(['train', '--recipe', 'demo', ...common, ...network, '--out', from]);
    expect(trained.code).toBe(0);
    const begun = await run([...dynamic, '--out', out, '--from', from]);
    expect(begun.code).toBe(0);
    expect(begun.err).toMatch(
      /^starts from the weights of cifar-resnet8-0\.25, divided exactly {2}test error \d+\.\d\d % {2}gates [01]\.\d{3}/m,
    );
    rmSync(from, { recursive: true });
    const resumed = await run([...dynamic, '--out', out, '--resume']);
    expect(resumed.code).toBe(0);
    expect(resumed.out).toContain('trained 2 steps');
  });

  it('fails where there is no run to start from, and asks for one that a recipe needs', async () => {
    const out = join(folder, 'refused');
    const none = await run([...dynamic, '--out', out, '--from', join(folder, 'none'), '--json']);
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/^\{"error":.*--from: expected a run folder .*none, which does not exist/); // no backend was started
    const bare = await run([...dynamic, '--out', out, '--set', 'fineTuning={}', '--json']);
    expect(bare.code).toBe(2);
    expect(bare.err).toContain('fineTuning: expected a run to start from');
  });
});
