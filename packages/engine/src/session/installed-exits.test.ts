import { type Architecture, gatedBlocks, withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { type CascadeSettings, combinations, confidenceMeasures, nextAnswer } from '@dmnn/confidence';
import { countNetwork, flopsTable, patternMacs, tableUntilExit } from '@dmnn/flops';
import { anyTinyWithExits, arbitraryImage, relativeDifference } from '@dmnn/test-networks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { installedCore } from '../fixtures/installed-core.js';
import { maskedOutputs } from '../fixtures/masked-outputs.js';
import { answersOf, leftOutputs, stagedOutputs, stopOf } from '../fixtures/staged-outputs.js';
import type { EngineRunOptions } from './engine.js';
import { openEngine } from './open-engine.js';

const installed = installedCore();
const reason = 'reason' in installed ? installed.reason : undefined;
const title =
  reason === undefined
    ? 'exits in the installed engine'
    : `exits in the installed engine (not run: ${reason})`;

const anySettings = fc.record({
  by: fc.constantFrom(...confidenceMeasures),
  combine: fc.constantFrom(...combinations),
  temperature: fc.double({ min: 0.3, max: 3, noNaN: true }),
  /** Between the confidences that the image has: 0 stops at every exit, 1 at none. */
  place: fc.double({ min: 0, max: 1, noNaN: true }),
});
type AnySettings = typeof anySettings extends fc.Arbitrary<infer T> ? T : never;

function imageOf({ imageSizePx, inChannels }: Architecture, seed: number): Float32Array {
  return arbitraryImage(imageSizePx ** 2 * inChannels, seed);
}

/** In float32: masked, leaving and compiled say the same at every stage, and stop at the same one. */
async function expectAgreement(architecture: Architecture, seed: number, any: AnySettings): Promise<void> {
  const weights = arbitraryWeights(architecture, seed);
  const image = imageOf(architecture, seed);
  const { by, combine, temperature, place } = any;
  const masked = stagedOutputs(architecture, weights, image);
  const temperatures = masked.map((_, at) => temperature * (1 + at / 8));
  const answers = answersOf(masked, { by, combine, temperatures });
  const confidences = answers.map(({ confidence }) => confidence[0] as number);
  const threshold = Math.min(...confidences) + place * (Math.max(...confidences) - Math.min(...confidences));
  const thresholds = masked.slice(1).map((_, e) => (e % 2 === 0 ? threshold : (1 + threshold) / 2));
  const settings: CascadeSettings = { by, combine, temperatures, thresholds };
  const { stage, isClear } = stopOf(answers, thresholds);

  const engine = await openEngine({ architecture, weights }, { precision: 'f32' });
  const [alone, all, ours] = [
    await engine.run(image),
    await engine.run(image, { exits: 'all' }),
    await engine.run(image, { exits: settings }),
  ];
  await engine.close();
  const own = maskedOutputs(architecture, weights, image);
  if (own.logOdds.flat().some((value) => Math.abs(value) < 1e-5)) return;
  expect(alone.logits).toEqual(all.logits);
  expect(alone).not.toHaveProperty('stage');
  expect([all.stage, all.stageLogits?.length]).toEqual([masked.length - 1, masked.length]);
  for (const [at, logits] of (all.stageLogits ?? []).entries())
    expect(relativeDifference(logits, masked[at] as Float32Array)).toBeLessThan(1e-4);
  if (!isClear) return;
  const left = leftOutputs(architecture, weights, image, settings);
  expect([ours.stage, left.leftAt]).toEqual([stage, stage]);
  expect(ours.logits).toEqual(all.stageLogits?.[stage]);
  expect(relativeDifference(left.logits, ours.logits)).toBeLessThan(1e-4);
  expect(ours.gates).toEqual(left.gates);
  expect(Math.abs((ours.confidence as number) - (confidences[stage] as number))).toBeLessThan(1e-4);
  const table = flopsTable(countNetwork(architecture));
  const end = architecture.exits?.length === stage ? table : tableUntilExit(table, stage);
  expect(ours.macs).toBe(patternMacs(end, ours.gates.slice(0, end.subBlockMacs.length)));
}

describe.skipIf(reason !== undefined)(title, () => {
  it('masked, leaving and compiled say the same, for any small network and settings', async () => {
    await fc.assert(
      fc.asyncProperty(anyTinyWithExits, fc.integer({ min: 1, max: 1000 }), anySettings, expectAgreement),
      { numRuns: 40 },
    );
  }, 240_000);

  it.each<[string, number, number, number]>([
    ['cifar-resnet8', 32, 2, 0],
    ['cifar-resnet20', 16, 3, 1],
    ['dmnn-cifar-resnet8-n2', 32, 2, 1],
    ['dmnn-cifar-resnet8-n6', 16, 1, 0],
    ['convnet-aig-cifar-resnet20', 16, 3, 0],
    ['cifar-resnext29-4x24d-0.25', 16, 2, 1],
    ['dmnn-cifar-mobilenetv2-n2', 16, 3, 0],
  ])(
    'masked, leaving and compiled say the same: %s at %d px, %d exits of %d convolutions',
    async (name, imageSizePx, exits, convolutions) => {
      const architecture = withExits(createArchitecture(name, { imageSizePx, classes: 10 }), {
        exits,
        convolutions,
      });
      for (const [i, by] of confidenceMeasures.entries()) {
        const combine = i === 1 ? 'last' : 'mean';
        await expectAgreement(architecture, 7 + i, { by, combine, temperature: 1.3, place: i / 2 });
      }
    },
    240_000,
  );

  const architecture = withExits(
    createArchitecture('dmnn-cifar-resnet8-n2', { imageSizePx: 16, classes: 5 }),
    {
      exits: 2,
    },
  );
  const network = { architecture, weights: arbitraryWeights(architecture, 3) };
  const settings: CascadeSettings = {
    by: 'probability',
    combine: 'mean',
    temperatures: [1, 2, 3],
    thresholds: [0.5, 0.5],
  };

  it('counts what other networks have answered before, as nextAnswer does', async () => {
    const engine = await openEngine(network, { precision: 'f32' });
    for (let seed = 1; seed <= 20; seed++) {
      const image = imageOf(architecture, seed);
      const first = nextAnswer(undefined, { values: [1, 2, seed / 5, 0, 1], classes: 5 }, 1, settings);
      const previous = nextAnswer(first, { values: [2, 1, 0, seed / 9, 1], classes: 5 }, 2, settings);
      const { stageLogits = [] } = await engine.run(image, { exits: 'all' });
      const answers = stageLogits.reduce(
        (all, values, at) => [
          ...all,
          nextAnswer(all.at(-1), { values, classes: 5 }, settings.temperatures[at] as number, settings),
        ],
        [previous],
      );
      const confidences = answers.slice(1).map(({ confidence }) => confidence[0] as number);
      const thresholds = [(confidences[0] as number) + 1e-9, (confidences[1] as number) - 1e-9];
      const ours = await engine.run(image, { exits: { ...settings, thresholds, previous } });
      expect([ours.stage, ours.confidence]).toEqual([1, confidences[1]]);
      expect(ours.probabilities).toEqual(answers[2]?.probabilities);
    }
    await engine.close();
  });

  it('stops at a confidence that is the threshold, and stops none at 1 but those that are certain', async () => {
    const engine = await openEngine(network, { precision: 'f32' });
    const image = imageOf(architecture, 4);
    const { confidence = 0 } = await engine.run(image, { exits: { ...settings, thresholds: [0, 0] } });
    const stageAt = async (threshold: number) =>
      (await engine.run(image, { exits: { ...settings, thresholds: [threshold, 1] } })).stage;
    expect(await Promise.all([stageAt(confidence), stageAt(Math.min(1, confidence + 1e-12))])).toEqual([
      0, 2,
    ]);
    await engine.close();
  });

  it('takes a pattern or a threshold of the gates, and closes those that an image does not reach', async () => {
    const engine = await openEngine(network, { precision: 'f32', workers: 2 });
    const image = imageOf(architecture, 5);
    const pattern = gatedBlocks(architecture).map(({ block }) => block.subBlocks.map(() => true));
    const exits = { ...settings, thresholds: [0, 0] };
    const [byPattern, byThreshold] = await Promise.all([
      engine.run(image, { exits, pattern }),
      engine.run(image, { exits, threshold: 0 }),
    ]);
    const reached = engine.description.exits[0]?.gatedBlocks as number;
    expect(byPattern.gates).toEqual(pattern.map((block, l) => block.map(() => l < reached)));
    expect(byThreshold).toEqual(byPattern);
    await engine.close();
  });

  it.each(['bf16', 'int8'] as const)('stops in %s too, as its own logits say', async (precision) => {
    const calibrationImages = [1, 2, 3, 4].map((seed) => imageOf(architecture, seed));
    const quantising = precision === 'int8' ? { calibrationImages } : {};
    const engine = await openEngine(network, { precision, ...quantising });
    const wide = await openEngine(network, { precision: 'f32' });
    const stages: (number | undefined)[] = [];
    for (let seed = 5; seed < 15; seed++) {
      const image = imageOf(architecture, seed);
      const { stageLogits = [] } = await engine.run(image, { exits: 'all' });
      const float = await wide.run(image, { exits: 'all' });
      const isAlike = JSON.stringify(float.gates) === JSON.stringify((await engine.run(image)).gates);
      for (const [at, logits] of stageLogits.entries())
        if (isAlike)
          expect(relativeDifference(logits, float.stageLogits?.[at] as Float32Array)).toBeLessThan(0.25);
      const mild = { ...settings, temperatures: [30, 30, 30] };
      const answers = answersOf(stageLogits, mild);
      const [first = 0, second = 0] = answers.map(({ confidence }) => confidence[0] as number);
      const thresholds = [first + (seed % 2 ? 1e-6 : -1e-6), second + (seed % 3 ? 1e-6 : -1e-6)];
      const ours = await engine.run(image, { exits: { ...mild, thresholds } });
      expect(ours.stage).toBe(stopOf(answers, thresholds).stage);
      stages.push(ours.stage);
    }
    expect(new Set(stages).size).toBe(3);
    await Promise.all([engine.close(), wide.close()]);
  });

  it.each<[unknown, string]>([
    [
      'some',
      "exits: expected an object with by, combine, temperatures and thresholds, got 'some'. Pass what chooseSettings",
    ],
    [1, 'exits: expected an object with by, combine, temperatures and thresholds, got 1.'],
    [{ ...settings, by: 'norm' }, "exits.by: expected probability, margin, entropy, got 'norm'."],
    [{ ...settings, combine: 'sum' }, "exits.combine: expected last, mean, got 'sum'."],
    [
      { ...settings, temperatures: [1] },
      'exits.temperatures: expected 3, one for each exit and one for the head, got 1.',
    ],
    [{ ...settings, temperatures: [1, 0, 1] }, 'exits.temperatures[1]: expected a number above 0, got 0.'],
    [{ ...settings, thresholds: [0.5] }, 'exits.thresholds: expected 2, one for each exit, got 1.'],
    [{ ...settings, thresholds: [0.5, 0.5, 0.5] }, 'exits.thresholds: expected 2, one for each exit, got 3.'],
    [{ ...settings, thresholds: [0.5, 1.5] }, 'exits.thresholds[1]: expected a number from 0 to 1, got 1.5.'],
    [{ ...settings, thresholds: [NaN, 1] }, 'exits.thresholds[0]: expected a number from 0 to 1, got NaN.'],
    [{ ...settings, thresholds: undefined }, 'exits.thresholds: expected 2, one for each exit, got nothing.'],
    [
      { ...settings, previous: nextAnswer(undefined, { values: [1, 2], classes: 2 }, 1) },
      'exits.previous: expected the answer for one image of 5 classes, got 2 probabilities after 1 stages.',
    ],
  ])('refuses the exits %j', async (exits, message) => {
    const engine = await openEngine(network, { precision: 'f32' });
    const options = { exits } as EngineRunOptions;
    await expect(engine.run(imageOf(architecture, 1), options)).rejects.toMatchObject({
      code: 'DMNN_ENGINE',
      message: expect.stringContaining(message) as string,
    });
    await engine.close();
  });

  it('refuses exits where the network has none', async () => {
    const plain = createArchitecture('cifar-resnet8', { imageSizePx: 16 });
    const engine = await openEngine({ architecture: plain, weights: arbitraryWeights(plain, 1) });
    await expect(engine.run(imageOf(plain, 1), { exits: 'all' })).rejects.toThrow(
      'exits: expected a network with exits, got one without. Leave the option out.',
    );
    await engine.close();
  });
});
