import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-skipnet-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const common = ['--backend', 'wasm', '--data', 'built-in=16', '--set', 'batchSize=8', '--set', 'epochs=1'];
const skipNet = [...common, '--set', 'model.name=skipnet-cifar-resnet8-0.25'];

async function expectSuccess(...arguments_: string[]): Promise<{ out: string; err: string }> {
  const ran = await run(arguments_);
  expect(ran.code, ran.err).toBe(0);
  return ran;
}

it('trains SkipNet from a trained network with hard gates, then by rewards, from --dry-run to report', async () => {
  const [plain, hard, rewarded] = ['plain', 'hard', 'rewarded'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const static_ = ['--set', 'model.name=cifar-resnet8-0.25'];
  await expectSuccess('train', '--recipe', 'demo', ...common, ...static_, '--out', plain);

  const supervised = [
    'train',
    '--recipe',
    'skipnet-cifar-resnet20',
    ...skipNet,
    '--out',
    hard,
    '--from',
    plain,
  ];
  const plan = await expectSuccess(...supervised, '--dry-run', '--json');
  expect(JSON.parse(plan.out)).toMatchObject({
    steps: 2,
    model: { name: 'skipnet-cifar-resnet8-0.25' },
    optimum: null, // nothing is asked of rates
  });
  const begun = await expectSuccess(...supervised);
  expect(begun.err).toMatch(/^starts from the weights of cifar-resnet8-0\.25, divided exactly/m);

  const second = ['train', '--recipe', 'skipnet-cifar-resnet20-reinforced', ...skipNet, '--out', rewarded];
  const bare = await run(second);
  expect(bare.code).toBe(2);
  expect(bare.err).toContain('fineTuning: expected a run to start from');
  await expectSuccess(...second, '--from', hard, '--dry-run');
  const trained = await expectSuccess(...second, '--from', hard);
  expect(trained.out).toContain('trained 2 steps');

  for (const execution of ['masked', 'skipping'])
    await expectSuccess('eval', rewarded, '--backend', 'wasm', '--execution', execution);
  await expectSuccess('report', rewarded, '--backend', 'wasm', '--out', join(folder, 'page'));
});
