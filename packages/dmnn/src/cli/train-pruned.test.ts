import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInDataset, evaluationBatches } from '@dmnn/data';
import { createNetwork } from '@dmnn/network';
import { likeliest } from '@dmnn/gating';
import { DynamicSession } from '@dmnn/onnx';
import { maxAbsoluteDifference } from '@dmnn/test-kit';
import { openNetworkData } from '@dmnn/runs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../fixtures/run-captured.js';

const folder = mkdtempSync(join(tmpdir(), 'dmnn-train-pruned-'));
const [whole, pruned] = [join(folder, 'whole'), join(folder, 'pruned')];

const common = [
  ...['train', '--recipe', 'demo', '--backend', 'wasm', '--data', 'built-in=16'],
  ...['--set', 'batchSize=8', '--set', 'epochs=1', '--set', 'model.name=cifar-resnet8-0.25'],
];
const pruning = [
  ...common,
  ...['--set', 'pruning={"macsRatio":0.6,"channelsPerRound":4,"stepsPerRound":1,"batchSize":8}'],
];

async function succeeded(args: string[]): Promise<{ out: string; err: string }> {
  const { code, out, err } = await run(args);
  if (code !== 0) throw new Error(err);
  return { out, err };
}

let printed: string;
beforeAll(async () => {
  await succeeded([...common, '--out', whole]);
  ({ err: printed } = await succeeded([...pruning, '--out', pruned, '--from', whole]));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('dmnn train with pruning', () => {
  it('reports every round and the error of the pruned network', () => {
    expect(printed).toMatch(
      /^pruning, round 1 {2}4 channels removed {2}MACs \d\d\.\d % {2}\S+ k parameters {2}loss/m,
    );
    expect(printed).toMatch(
      /^starts from the weights of cifar-resnet8-0\.25, without \d+ of its channels {2}test error/m,
    );
  });

  it('is evaluated as a share of the whole network, and reported', async () => {
    const { out } = await succeeded(['eval', pruned, '--backend', 'wasm', '--json']);
    const { macsRatio } = JSON.parse(out) as { macsRatio: number };
    expect(macsRatio).toBeLessThanOrEqual(0.6);
    expect(macsRatio).toBeGreaterThan(0.5);
    const report = join(folder, 'report');
    const written = await succeeded([
      ...['report', whole, pruned, '--backend', 'wasm', '--out', report, '--json'],
    ]);
    const { data: file } = JSON.parse(written.out) as { data: string };
    const data = JSON.parse(readFileSync(file, 'utf8')) as {
      runs: { evaluation: { macsRatio: number } }[];
    };
    expect(data.runs.map(({ evaluation }) => evaluation.macsRatio)).toEqual([1, macsRatio]);
  });

  it('is exported to a file that says what it says', async () => {
    const file = join(folder, 'pruned.onnx');
    await succeeded(['export', pruned, '--out', file]);
    const dataset = builtInDataset({ split: 'test', size: 4 });
    const { architecture, weights } = await openNetworkData(pruned);
    const network = createNetwork(architecture, { seed: 0, weights });
    const session = await DynamicSession.create(file);
    for await (const batch of evaluationBatches(dataset, { batchSize: 1 })) {
      const logits = tf.tidy(() => {
        const images = tf.tensor4d(batch.images, batch.shape);
        const { sampleKeys } = batch;
        return network
          .forward(images, { policy: likeliest, statistics: 'moving', execution: 'masked', sampleKeys })
          .logits.dataSync();
      });
      const exported = await session.run(batch.images);
      expect(maxAbsoluteDifference([...exported.logits], [...logits])).toBeLessThan(1e-4);
    }
    await session.close();
    network.dispose();
  });

  it('says in a plan what is left, and asks for a run to prune', async () => {
    const out = join(folder, 'planned');
    const plan = await succeeded([...pruning, '--out', out, '--dry-run', '--json']);
    const { model, prunedMacs } = JSON.parse(plan.out) as { model: { macs: number }; prunedMacs: number };
    expect(prunedMacs).toBe(Math.floor(0.6 * model.macs));
    const text = await succeeded([...pruning, '--out', out, '--dry-run']);
    expect(text.out).toMatch(
      /^pruned {2}to at most \S+ [kM] MACs, starting from the trained network of --from$/m,
    );
    expect((await run([...pruning, '--out', out])).err).toMatch(/pruning: expected a run to start from/);
  });
});
