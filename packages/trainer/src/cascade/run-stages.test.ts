import { withExits } from '@dmnn/architecture';
import { type CascadeSettings, answersWith, cascadeAnswers, runCascade } from '@dmnn/confidence';
import { createArchitecture } from '@dmnn/backbones';
import { type InMemoryDataset, builtInDataset } from '@dmnn/data';
import { createNetwork } from '@dmnn/network';
import { afterAll, describe, expect, it } from 'vitest';
import { evaluate } from '../evaluate/evaluate.js';
import { runStages } from './run-stages.js';
import { type StageOutputs, stageOutputs } from './stage-outputs.js';
import { uncalibratedStages } from './uncalibrated-stages.js';

const test = builtInDataset({ split: 'test', size: 40 });
/** Different preprocessing for each network. */
const brighter: InMemoryDataset = {
  ...test,
  channelMeans: [0.2, 0.3, 0.4],
  channelDeviations: [0.3, 0.2, 0.1],
};
const networks = ['cifar-resnet8-0.25', 'dmnn-cifar-resnet8-0.25-n2', 'cifar-resnet8-0.5'].map((name, seed) =>
  createNetwork(createArchitecture(name), { seed }),
);
const [a, b, c] = networks as [(typeof networks)[0], (typeof networks)[0], (typeof networks)[0]];
const parts = [
  { network: a, dataset: test },
  { network: b, dataset: brighter },
  { network: c, dataset: test },
];
/** With exits: static, without, and with gates. */
const exiting = [
  withExits(createArchitecture('cifar-resnet14-0.25'), { exits: [1, 3], convolutions: 1 }),
  createArchitecture('cifar-resnet8-0.25'),
  withExits(createArchitecture('dmnn-cifar-resnet8-0.25-n2'), { exits: [0] }),
].map((architecture, seed) => ({
  network: createNetwork(architecture, { seed: seed + 3 }),
  dataset: seed === 1 ? brighter : test,
}));
const outputs: StageOutputs[] = [];
for (const { network, dataset } of parts)
  outputs.push(await stageOutputs({ network, dataset, batchSize: 16 }));
const answers = (combine: 'last' | 'mean') =>
  cascadeAnswers(
    outputs.map(({ logits, evaluation }) => ({ logits, temperature: 2, cost: evaluation.cost.perImageMacs })),
    { combine },
  );
/** About half of the images stop at each of the first two stages. */
function settingsFor(combine: 'last' | 'mean'): CascadeSettings {
  const thresholds = answers(combine)
    .stages.slice(0, 2)
    .map(({ confidence }) => {
      const sorted = confidence.slice().sort();
      return (sorted[19]! + sorted[20]!) / 2;
    });
  return { by: 'probability', combine, temperatures: [2, 2, 2], thresholds };
}

afterAll(() => {
  for (const network of [...networks, ...exiting.map((part) => part.network)]) network.dispose();
});

describe('stageOutputs', () => {
  it('has the errors, costs and gates of evaluate, and the logits that make them', async () => {
    const evaluation = await evaluate({ network: b, dataset: brighter, batchSize: 16 });
    const { logits, labels, indices, evaluation: own } = outputs[1]!;
    expect(own.error.predictions).toEqual(evaluation.error.predictions);
    expect(own.error.classificationLoss).toBeCloseTo(evaluation.error.classificationLoss, 5);
    expect(own.cost).toEqual(evaluation.cost);
    expect(own.gates).toEqual(evaluation.gates);
    expect([...indices]).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect([...labels]).toEqual([...indices].map((index) => test.label(index)));
    expect(logits.values.length).toBe(40 * logits.classes);
  });
});

describe('runStages', () => {
  it.each([
    ['last', 40],
    ['mean', 40],
    ['mean', 7],
    ['last', 1],
  ] as const)(
    'answers the same masked, leaving and from logits: %s, batches of %i',
    async (combine, batchSize) => {
      const settings = settingsFor(combine);
      const wanted = runCascade(answers(combine), settings.thresholds);
      expect(wanted.shares.every((share) => share > 0.1)).toBe(true);
      for (const execution of ['masked', 'leaving'] as const) {
        const seen = [0, 0, 0];
        const found = await runStages({
          ...{ parts, settings, execution, batchSize },
          onProgress: (stage, images) => {
            seen[stage] = images;
          },
        });
        expect([...found.stage]).toEqual([...wanted.stage]);
        expect([...found.predicted]).toEqual([...wanted.predicted]);
        for (let row = 0; row < 40; row++) {
          expect(found.confidence[row]).toBeCloseTo(wanted.confidence[row]!, 5);
          expect(found.macs[row]).toBe(wanted.cost[row]);
        }
        const [, second, third] = wanted.shares as [number, number, number];
        const reach = [40, Math.round(40 * (second + third)), Math.round(40 * third)];
        expect(seen).toEqual(execution === 'masked' ? [40, 40, 40] : reach); // later stages see only those that go on
      }
    },
  );

  it.each([
    ['exits of one', [0], 'last', 40],
    ['exits of one', [0], 'mean', 7],
    ['a part with exits, then one without', [0, 1], 'mean', 40],
    ['a part without exits, then one with', [1, 0], 'last', 16],
    ['two with exits', [0, 2], 'mean', 9],
  ] as const)(
    'answers the same masked, leaving and from logits: %s',
    async (_, chosen, combine, batchSize) => {
      const own = chosen.map((index) => exiting[index]!);
      const given: StageOutputs[] = [];
      for (const { network, dataset } of own)
        given.push(await stageOutputs({ network, dataset, batchSize: 16 }));
      const stages = uncalibratedStages(given);
      const temperatures = stages.map((_each, at) => 1 + at / 2);
      const answered = answersWith(stages, { by: 'margin', combine, temperatures });
      // a third of the images that get there stop at each stage
      const thresholds = answered.stages.slice(0, -1).map(({ confidence }) => confidence.slice().sort()[26]!);
      const wanted = runCascade(answered, thresholds);
      expect(wanted.shares.every((share) => share > 0)).toBe(true);
      const settings: CascadeSettings = { by: 'margin', combine, temperatures, thresholds };
      for (const execution of ['masked', 'leaving'] as const) {
        const found = await runStages({ parts: own, settings, execution, batchSize });
        expect([...found.stage]).toEqual([...wanted.stage]);
        expect([...found.predicted]).toEqual([...wanted.predicted]);
        for (let row = 0; row < 40; row++) {
          expect(found.confidence[row]).toBeCloseTo(wanted.confidence[row]!, 5);
          expect(found.macs[row]).toBe(wanted.cost[row]);
        }
      }
    },
  );

  it('runs later stages on nothing if all stop, and on all if none does', async () => {
    const settings = settingsFor('last');
    const all = await runStages({ parts, settings: { ...settings, thresholds: [0, 0] } });
    expect([...all.stage]).toEqual(new Array(40).fill(0));
    const none = await runStages({ parts, settings: { ...settings, thresholds: [1, 1] } });
    expect([...none.stage]).toEqual(new Array(40).fill(2));
  });

  it('refuses settings and images that do not fit', async () => {
    const settings = settingsFor('last');
    await expect(runStages({ parts: parts.slice(1), settings })).rejects.toThrow(
      'settings: expected 2 temperatures and 1 thresholds for 2 stages, got 3 and 2',
    );
    const other = builtInDataset({ split: 'test', size: 20 });
    const different = [parts[0]!, { network: b, dataset: other }, parts[2]!];
    await expect(runStages({ parts: different, settings })).rejects.toThrow(
      'expected the same images for every network',
    );
    await expect(runStages({ parts: [], settings })).rejects.toThrow('parts: expected at least one network');
    await expect(runStages({ parts, settings: { ...settings, thresholds: [2, 0] } })).rejects.toThrow(
      'got 2',
    );
  });
});
