import { type Architecture, withExits } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import {
  type AnsweringPart,
  type CascadeSettings,
  type StagedOutputs,
  answerImage,
  combinations,
  confidenceMeasures,
} from '@dmnn/confidence';
import { countNetwork } from '@dmnn/flops';
import { anyTiny, anyTinyWithExits, arbitraryImage, relativeDifference } from '@dmnn/test-networks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryWeights } from '../fixtures/arbitrary-weights.js';
import { installedCore } from '../fixtures/installed-core.js';
import { maskedOutputs } from '../fixtures/masked-outputs.js';
import { answersOf, leftOutputs, stagedOutputs, stopOf } from '../fixtures/staged-outputs.js';
import type { EngineCascadePart } from './cascade-parts.js';
import { openEngineCascade } from './open-engine-cascade.js';

const installed = installedCore();
const reason = 'reason' in installed ? installed.reason : undefined;
const title =
  reason === undefined
    ? 'cascades in the installed engine'
    : `cascades in the installed engine (not run: ${reason})`;

/** How far an image's channels are from those of the first network. */
const normalisations = [
  { channelMeans: [0.5, 0.5, 0.5], channelDeviations: [0.25, 0.25, 0.25] },
  { channelMeans: [0.4, 0.5, 0.6], channelDeviations: [0.2, 0.25, 0.5] },
  { channelMeans: [0, 0.1, 0.2], channelDeviations: [1, 0.5, 0.2] },
];

/** A network of 5 classes for images of 3 channels. */
function partOf(architecture: Architecture, at: number): EngineCascadePart {
  return { architecture, weights: arbitraryWeights(architecture, 3 + at), ...normalisations[at % 3] };
}

/** A raw image, and as each network takes it. */
function imagesOf(parts: readonly EngineCascadePart[], seed: number): Float32Array[] {
  return parts.map(({ architecture: { imageSizePx }, channelMeans = [], channelDeviations = [] }) =>
    arbitraryImage(imageSizePx ** 2 * 3, seed).map(
      (value, i) => (value - (channelMeans[i % 3] as number)) / (channelDeviations[i % 3] as number),
    ),
  );
}

const anySettings = fc.record({
  by: fc.constantFrom(...confidenceMeasures),
  combine: fc.constantFrom(...combinations),
  temperature: fc.double({ min: 0.3, max: 3, noNaN: true }),
  /** Between the confidences that the image has. */
  places: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
});
type AnySettings = Omit<typeof anySettings extends fc.Arbitrary<infer T> ? T : never, 'places'> & {
  readonly places: Iterator<number>;
};

/** Masked, leaving and compiled say the same at every stage, and stop at the same one. @returns the stage; undefined: rounding decides */
async function expectAgreement(
  parts: readonly EngineCascadePart[],
  seed: number,
  { by, combine, temperature, places }: AnySettings,
): Promise<number | undefined> {
  const images = imagesOf(parts, seed);
  const masked = parts.map(({ architecture, weights }, part) =>
    stagedOutputs(architecture, weights, images[part] as Float32Array),
  );
  // probabilities that are neither all 0 and 1 nor all alike
  const spread = masked.flat().map((logits) => Math.max(...logits) - Math.min(...logits) + 1e-3);
  const temperatures = spread.map((each) => (temperature * each) / 4);
  const answers = answersOf(masked.flat(), { by, combine, temperatures });
  const confidences = answers.map(({ confidence }) => confidence[0] as number);
  const [least, most] = [Math.min(...confidences), Math.max(...confidences)];
  const thresholds = confidences.slice(1).map(() => least + (places.next().value as number) * (most - least));
  const settings: CascadeSettings = { by, combine, temperatures, thresholds };

  const cascade = await openEngineCascade({ parts, settings }, { precision: 'f32' });
  const sizes = new Set(parts.map(({ architecture }) => architecture.imageSizePx));
  const given = (part: number) => images[part] as Float32Array;
  const ours = await cascade.run(sizes.size === 1 ? (images[0] as Float32Array) : given);
  const asFunction = await cascade.run(given);
  await cascade.close();
  const isDecided = parts.every(({ architecture, weights }, part) =>
    maskedOutputs(architecture, weights, images[part] as Float32Array)
      .logOdds.flat()
      .every((value) => Math.abs(value) > 1e-4),
  );
  const { stage, isClear } = stopOf(answers, thresholds);
  if (!isDecided || !isClear) return undefined;
  const left = await answerImage(
    parts.map(({ architecture, weights }, part): AnsweringPart<StagedOutputs> => ({
      exits: architecture.exits?.length ?? 0,
      run: (exits) => {
        const image = images[part] as Float32Array;
        if (!exits) return Promise.resolve(maskedOutputs(architecture, weights, image));
        const { logits, stageLogits } = leftOutputs(architecture, weights, image, exits);
        return Promise.resolve({ logits, stageLogits });
      },
    })),
    settings,
  );
  expect([ours.stage, asFunction.stage, left.stage]).toEqual([stage, stage, stage]);
  for (const [at, own] of ours.stages.entries()) {
    expect(own.predicted).toBe(answers[at]?.predicted[0]);
    expect(Math.abs(own.confidence - (confidences[at] as number))).toBeLessThan(1e-4);
    for (const [c, probability] of own.probabilities.entries())
      expect(Math.abs(probability - (answers[at]?.probabilities[c] as number))).toBeLessThan(1e-4);
  }
  const last = left.stages[stage];
  const [found, expected] = [ours.probabilities, last?.probabilities as Float64Array].map((all) =>
    Float32Array.from(all),
  );
  expect(relativeDifference(found as Float32Array, expected as Float32Array)).toBeLessThan(1e-4);
  expect(relativeDifference(ours.logits.map(Math.exp), Float32Array.from(ours.probabilities))).toBeLessThan(
    1e-5,
  );
  expect(ours.macs).toBe(ours.stages[stage]?.macs);
  expect(ours.gates.length).toBe(cascade.description.parts.flatMap(({ subBlocks }) => subBlocks).length);
  return stage;
}

/** Every other threshold is below all confidences, or at the largest. */
function* placesOf(seed: number): Generator<number> {
  for (let n = seed; ; n++) yield n % 2 === 0 ? 0.99 : 0.01;
}

/** Networks whose images have one size and whose classes are 5. */
const anyParts = fc
  .array(fc.oneof(anyTiny, anyTinyWithExits), { minLength: 2, maxLength: 3 })
  .map((architectures) => architectures.map(partOf));

describe.skipIf(reason !== undefined)(title, () => {
  it('masked, leaving and compiled say the same, for any small networks and settings', async () => {
    await fc.assert(
      fc.asyncProperty(anyParts, fc.integer({ min: 1, max: 1000 }), anySettings, async (parts, seed, any) => {
        await expectAgreement(parts, seed, any);
      }),
      { numRuns: 25 },
    );
  }, 240_000);

  const network = (name: string, imageSizePx: number) =>
    createArchitecture(name, { imageSizePx, classes: 5 });
  it.each<[string, Architecture[]]>([
    ['two static networks', [network('cifar-resnet8', 16), network('cifar-resnet14', 16)]],
    [
      'gated networks of other image sizes',
      [
        network('dmnn-cifar-resnet8-n2', 8),
        network('convnet-aig-cifar-resnet8', 9),
        network('dmnn-cifar-resnet8-n4', 16),
      ],
    ],
    [
      'networks with exits',
      [
        withExits(network('cifar-resnet8', 16), { exits: 2 }),
        withExits(network('dmnn-cifar-mobilenetv2-n2', 16), { exits: 2, convolutions: 1 }),
      ],
    ],
    ['one network with exits', [withExits(network('dmnn-cifar-resnet8-n2', 16), { exits: 2 })]],
  ])(
    'masked, leaving and compiled say the same, by each measure: %s',
    async (_, architectures) => {
      const parts = architectures.map(partOf);
      const stages: (number | undefined)[] = [];
      for (const by of confidenceMeasures) {
        for (const combine of combinations) {
          const seed = stages.length;
          stages.push(
            await expectAgreement(parts, seed, { by, combine, temperature: 1, places: placesOf(seed) }),
          );
        }
      }
      expect(new Set(stages.filter((stage) => stage !== undefined)).size).toBeGreaterThan(1);
    },
    240_000,
  );

  const parts = [network('cifar-resnet8', 16), network('dmnn-cifar-resnet8-n2', 16)].map(partOf);
  const settings: CascadeSettings = {
    by: 'probability',
    combine: 'mean',
    temperatures: [20, 20],
    thresholds: [0.5],
  };
  const image = imagesOf(parts, 1)[0] as Float32Array;

  it('costs what ran: the first network alone, or both', async () => {
    const macs = parts.map(({ architecture }) => countNetwork(architecture).macs);
    for (const [threshold, stage] of [
      [0, 0],
      [1, 1],
    ] as const) {
      const cascade = await openEngineCascade({ parts, settings: { ...settings, thresholds: [threshold] } });
      const ran = await cascade.run(image);
      expect(ran.stage).toBe(stage);
      expect(ran.stages[0]?.macs).toBe(macs[0]);
      expect(ran.macs).toBeLessThanOrEqual(
        stage === 0 ? (macs[0] as number) : (macs[0] as number) + (macs[1] as number),
      );
      if (stage === 1) expect(ran.macs).toBeGreaterThan(macs[0] as number);
      else expect(ran.gates.flat().some(Boolean)).toBe(false);
      expect(cascade.description.undividedMacs).toBe(countNetwork(network('cifar-resnet8', 16)).macs);
      await cascade.close();
    }
  });

  it('gives the same for images side by side, in any layout, and for an image that is changed afterwards', async () => {
    const cascade = await openEngineCascade({ parts, settings }, { workers: 2 });
    const images = Array.from({ length: 20 }, (_, seed) => imagesOf(parts, seed + 1)[0] as Float32Array);
    const serial = [];
    for (const each of images) serial.push(await cascade.run(each));
    const planes = images.map((each) =>
      each.map((_, i) => each[(i % 256) * 3 + Math.floor(i / 256)] as number),
    );
    const running = planes.map((each) => cascade.run(each, { layout: 'chw' }));
    for (const each of planes) each.fill(NaN);
    expect(await Promise.all(running)).toEqual(serial);
    await cascade.close();
  });

  it('is closed with images in flight: those that wait are rejected, the others done', async () => {
    const cascade = await openEngineCascade({ parts, settings: { ...settings, thresholds: [1] } });
    const running = Array.from({ length: 10 }, () => cascade.run(image));
    const settled = Promise.allSettled(running);
    await cascade.close();
    const states = (await settled).map(({ status }) => status);
    expect(states[0]).toBe('fulfilled');
    expect(states.at(-1)).toBe('rejected');
    const closed = { code: 'DMNN_ENGINE', message: expect.stringContaining('got a closed one') as string };
    await expect(running.at(-1)).rejects.toMatchObject(closed);
    await expect(cascade.run(image)).rejects.toMatchObject(closed);
  });

  it.each<[string, unknown, string]>([
    ['no parts', { parts: undefined, settings }, 'parts: expected a list of networks, got nothing'],
    [
      'one part',
      { parts: parts.slice(1), settings },
      'parts: expected at least two networks, or one with exits, got 1.',
    ],
    [
      'other classes',
      { parts: [parts[0], partOf(createArchitecture('cifar-resnet8', { imageSizePx: 16 }), 1)], settings },
      'parts[1]: expected the 5 classes of cifar-resnet8, got 100 of cifar-resnet8.',
    ],
    [
      'a normalisation of one alone',
      { parts: [parts[0], { ...parts[1], channelMeans: undefined }], settings },
      'parts[1].channelMeans: expected 3 numbers, as cifar-resnet8 has them, got none of dmnn-cifar-resnet8-n2.',
    ],
    [
      'a deviation of 0',
      { parts: [parts[0], { ...parts[1], channelDeviations: [1, 0, 1] }], settings },
      'parts[1].channelDeviations: expected 3 numbers above 0',
    ],
    ['no settings', { parts }, 'settings: expected an object with by, combine'],
    [
      'too few thresholds',
      { parts, settings: { ...settings, thresholds: [] } },
      'settings.thresholds: expected 1, one for each stage but the last, got 0.',
    ],
    [
      'a threshold above 1',
      { parts, settings: { ...settings, thresholds: [1.01] } },
      'settings.thresholds[0]: expected a number from 0 to 1, got 1.01.',
    ],
    [
      'too many temperatures',
      { parts, settings: { ...settings, temperatures: [1, 1, 1] } },
      'settings.temperatures: expected 2, one for each stage, got 3.',
    ],
    [
      'another measure',
      { parts, settings: { ...settings, by: 'x' } },
      "settings.by: expected probability, margin, entropy, got 'x'.",
    ],
  ])('refuses %s', async (_, cascade, message) => {
    await expect(openEngineCascade(cascade as Parameters<typeof openEngineCascade>[0])).rejects.toMatchObject(
      {
        code: 'DMNN_ENGINE',
        message: expect.stringContaining(message) as string,
      },
    );
  });

  it('refuses images and options that do not fit', async () => {
    const cascade = await openEngineCascade({ parts, settings: { ...settings, thresholds: [1] } });
    const refused = (given: unknown, options?: unknown) =>
      expect(cascade.run(given as Float32Array, options as undefined)).rejects;
    await refused(image.slice(1)).toThrow('image: expected');
    await refused([...image]).toThrow('image: expected');
    await refused(() => Promise.resolve(image.slice(1))).toThrow('image: expected');
    await refused(() => {
      throw new Error('of its own');
    }).toThrow('of its own');
    await refused(image, { threshold: 0.5 }).toThrow("options: expected layout, got 'threshold'");
    await refused((part: number) => (part === 0 ? image : new Float32Array(3))).toThrow('image: expected');
    expect((await cascade.run(image)).stage).toBe(1); // it goes on
    await cascade.close();
    const sizes = [parts[0], partOf(network('cifar-resnet8', 32), 1)] as EngineCascadePart[];
    const other = await openEngineCascade({ parts: sizes, settings });
    await expect(other.run(image)).rejects.toThrow(
      'image: expected a function, since cifar-resnet8 takes images of 16 px and cifar-resnet8 of 32, got one image.',
    );
    await other.close();
    await expect(openEngineCascade({ parts, settings }, { quantisations: [undefined] })).rejects.toThrow(
      'quantisations: expected 2, one for each network, got 1.',
    );
    await expect(openEngineCascade({ parts, settings }, { workers: 0 })).rejects.toThrow('workers: expected');
  });
});
