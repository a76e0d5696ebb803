import { withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { type ExitSettings, nextAnswer } from '@dmnn/confidence';
import { createNetwork } from '@dmnn/network';
import { tinyDataset } from '@dmnn/test-kit';
import { afterAll, expect, it } from 'vitest';
import { tensorEngine } from '../fixtures/tensor-engine.js';
import { exitTimes } from './exit-times.js';

const backbone = createArchitecture('dmnn-cifar-resnet8-0.25-n2', { classes: 4, imageSizePx: 8 });
const network = createNetwork(withExits(backbone, { exits: 2 }), { seed: 1, openingRate: 0.6 });
const dataset = tinyDataset('test', 6);
afterAll(() => {
  network.dispose();
});

it('times every exit and the head, on TensorFlow.js', async () => {
  const { exits, head } = await exitTimes({ network, dataset, rounds: 2 });
  expect(exits).toHaveLength(2);
  for (const each of [...exits, head]) expect(each).toBeGreaterThan(0);
});

it('makes every image leave at one exit in turn, whatever the logits are, and at none', async () => {
  const { engine, log } = tensorEngine(network, 8);
  await exitTimes({ network: engine, dataset, images: 3, rounds: 2 });
  expect(log.decisions).toHaveLength(2 * 3 * 3);
  const places = log.decisions.map(({ exits }) => {
    const { thresholds, temperatures } = exits as ExitSettings;
    const sure = { values: Float32Array.of(50, 0, -50, 3), classes: 4 };
    const left = thresholds.findIndex(
      (threshold, e) =>
        (nextAnswer(undefined, sure, temperatures[e] as number).confidence[0] as number) >= threshold,
    );
    return left;
  });
  const round = [0, 0, 0, 1, 1, 1, -1, -1, -1];
  expect(places).toEqual([...round, ...round]);
});

it('refuses a network without exits, and no images or rounds', async () => {
  const plain = createNetwork(backbone, { seed: 1 });
  await expect(exitTimes({ network: plain, dataset })).rejects.toThrow(
    /^network: expected one with exits, got dmnn-cifar-resnet8-0\.25-n2, which has none/,
  );
  plain.dispose();
  await expect(exitTimes({ network, dataset, images: 0 })).rejects.toThrow(
    'images: expected a whole number from 1 on, got 0',
  );
  await expect(exitTimes({ network, dataset, rounds: 1.5 })).rejects.toThrow(
    'rounds: expected a whole number from 1 on, got 1.5',
  );
});
