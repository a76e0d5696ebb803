import { type Architecture, withExits } from '@dmnn/architecture';
import { createArchitecture, slimmable } from '@dmnn/backbones';
import { type CascadeSettings, combinations, confidenceMeasures } from '@dmnn/confidence';
import {
  anyTiny,
  arbitraryImage,
  relativeDifference,
  tinyArchitecture,
  tinyDynamic,
} from '@dmnn/test-networks';
import { type NetworkData, narrowWeights, thresholdedGates } from '@dmnn/weights';
import * as fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { cascadeModel, exportCascade } from './export-cascade.js';
import { exportOnnx } from './export-onnx.js';
import type { CascadePart } from './export/cascade-part.js';
import type { ExportOptions } from './export/export-options.js';
import { gateDifferences } from './fixtures/agreement.js';
import { arbitraryWeights } from './fixtures/arbitrary-weights.js';
import { leavingStages, stageReference } from './fixtures/stage-references.js';
import type { OnnxGraph } from './graph/onnx-graph.js';
import { DynamicSession as BrowserSession } from './session/browser-session.js';
import { cpuLanes } from './session/cpu-lanes.js';
import { DynamicSession } from './session/node-session.js';
import { readDescription } from './session/read-description.js';

const part = (architecture: Architecture, seed: number): CascadePart => ({
  architecture,
  weights: arbitraryWeights(architecture, seed),
  channelMeans: Array.from({ length: architecture.inChannels }, (_, c) => 0.1 * (seed % 5) + 0.05 * c),
  channelDeviations: Array.from({ length: architecture.inChannels }, (_, c) => 0.2 + 0.05 * ((seed + c) % 3)),
});

const settingsFor = (stages: number, given: Partial<CascadeSettings> = {}): CascadeSettings => ({
  by: 'probability',
  combine: 'mean',
  temperatures: Array.from({ length: stages }, () => 1),
  thresholds: Array.from({ length: stages - 1 }, () => 0.5),
  ...given,
});

/** Compares a file with masked execution, and where one network has exits with images that leave; returns the stages. */
async function expectAgreement(
  parts: readonly CascadePart[],
  settings: CascadeSettings,
  { seed = 1, count = 2, ...options }: ExportOptions & { seed?: number; count?: number } = {},
): Promise<number[]> {
  const { imageSizePx: side, inChannels } = (parts[0] as CascadePart).architecture;
  const images = Array.from({ length: count }, (_, i) => arbitraryImage(side * side * inChannels, seed + i));
  const session = await DynamicSession.create(exportCascade(parts, settings, options), { threads: 1 });
  const [only, ...more] = parts as [CascadePart, ...CascadePart[]];
  const leaving = more.length === 0 ? leavingStages(only, settings, images) : undefined;
  const stages: number[] = [];
  for (const [i, image] of images.entries()) {
    const reference = stageReference(parts, settings, image);
    const ours = await session.run(image);
    const { clear, close } = gateDifferences(ours, reference);
    if (reference.isClose || close > 0) continue;
    expect(ours.stage).toBe(reference.stage);
    expect(clear).toBe(0);
    expect(ours.macs).toBe(reference.macs);
    expect(ours.confidence).toBeCloseTo(reference.confidence, 5);
    expect(relativeDifference(ours.logits, reference.logits)).toBeLessThan(1e-4);
    if (leaving) {
      expect(leaving.stages[i]).toBe(reference.stage);
      expect(relativeDifference(ours.logits, leaving.logits[i] as Float32Array)).toBeLessThan(1e-4);
    }
    stages.push(reference.stage);
  }
  await session.close();
  return stages;
}

/** Tiny networks, with an exit after some of their blocks. */
const anyWithExits = fc.tuple(anyTiny, fc.nat(), fc.nat(1)).map(([architecture, chosen, convolutions]) => {
  const places = architecture.stages.length - 1;
  const exits = Array.from({ length: places }, (_, i) => i).filter((i) => ((chosen >> i) & 1) === 0);
  return exits.length === 0 ? architecture : withExits(architecture, { exits, convolutions });
});

const lanes = await cpuLanes(ort);

describe('exportCascade', () => {
  it('stops where masked execution would, with the same answers, gates and costs, for all networks and settings', async () => {
    const seen = new Set<number>();
    const stagesOf = (all: readonly Architecture[]) =>
      all.reduce((sum, { exits = [] }) => sum + exits.length + 1, 0);
    await fc.assert(
      fc.asyncProperty(
        fc
          .array(anyWithExits, { minLength: 1, maxLength: 3 })
          .map((all) => all.map((each) => ({ ...each, imageSizePx: 9 })))
          .filter((all) => stagesOf(all) > 1),
        fc.nat(1e6),
        fc.record({
          layout: fc.constantFrom('sub-blocks', 'pairs', 'patterns'),
          padChannelsTo: fc.constantFrom(1, 3, 8, 16),
        }),
        fc.infiniteStream(fc.constantFrom(0, 0.2, 0.3, 0.45, 0.6, 0.8, 1)),
        fc.infiniteStream(fc.constantFrom(1, 0.5, 2.5)),
        fc.record({ by: fc.constantFrom(...confidenceMeasures), combine: fc.constantFrom(...combinations) }),
        async (all, seed, options, thresholds, temperatures, words) => {
          const stages = stagesOf(all);
          const settings = settingsFor(stages, {
            ...words,
            thresholds: [...thresholds.take(stages - 1)],
            temperatures: [...temperatures.take(stages)],
          });
          const parts = all.map((architecture, i) => part(architecture, seed + i));
          const found = await expectAgreement(parts, settings, { ...options, seed });
          found.forEach((stage) => seen.add(stage));
        },
      ),
      { numRuns: 50 },
    );
    expect([...seen].sort()).toEqual(expect.arrayContaining([0, 1, 2, 3]));
  });

  const dynamic = createArchitecture('dmnn-cifar-resnet8-0.5-n2', { classes: 10 });
  const zoo: [string, Architecture[]][] = [
    [
      'ResNet with two exits',
      [withExits(createArchitecture('cifar-resnet8', { classes: 10 }), { exits: 2 })],
    ],
    ['DMNN-ResNet with exits', [withExits(dynamic, { exits: [0, 1], convolutions: 1 })]],
    [
      'MobileNetV2, then DMNN-ResNet with an exit',
      [
        createArchitecture('cifar-mobilenetv2-0.5', { classes: 10 }),
        withExits(dynamic, { exits: [1], convolutions: 0 }),
      ],
    ],
    [
      'three ResNets',
      ['cifar-resnet8-0.25', 'cifar-resnet8', 'cifar-resnet14'].map((name) =>
        createArchitecture(name, { classes: 10 }),
      ),
    ],
  ];
  it.each(zoo)('agrees for %s, for some images at every stage', async (_, architectures) => {
    const parts = architectures.map((architecture, i) => part(architecture, 3 + i));
    const stages = architectures.reduce((sum, { exits = [] }) => sum + exits.length + 1, 0);
    const all = await Promise.all(
      [0, 1].map(async (threshold) => {
        const thresholds = Array.from({ length: stages - 1 }, () => threshold);
        return expectAgreement(parts, settingsFor(stages, { thresholds }), { count: 1 });
      }),
    );
    expect(all).toEqual([[0], [stages - 1]]);
  });

  it.runIf(lanes)('agrees in the blocked layout of this processor too', async () => {
    for (const [, architectures] of zoo.slice(0, 3)) {
      const parts = architectures.map((architecture, i) => part(architecture, 5 + i));
      const stages = architectures.reduce((sum, { exits = [] }) => sum + exits.length + 1, 0);
      for (const threshold of [0, 0.15, 1]) {
        const settings = settingsFor(stages, {
          thresholds: Array.from({ length: stages - 1 }, () => threshold),
        });
        await expectAgreement(parts, settings, { cpuLanes: lanes!, count: 1 });
      }
    }
  });

  /** A checkpoint at two settings: other gates, or a narrow width. */
  const twice: [string, CascadePart, (whole: CascadePart) => NetworkData, number][] = [
    [
      'DMNN-ResNet at another threshold, then all open',
      part(dynamic, 7),
      (whole) => thresholdedGates(whole, 0.9),
      1.3,
    ],
    [
      'DMNN-MobileNetV2 at a fixed pattern, then all open',
      part(createArchitecture('dmnn-cifar-mobilenetv2-0.5-n2', { classes: 10 }), 8),
      (whole) => thresholdedGates(whole, 1),
      1.3,
    ],
    [
      'a slimmable ResNet at half its width, then whole',
      part(slimmable('cifar-resnet8', { widths: [0.5, 1], classes: 10 }).networks[1]!, 9),
      ({ weights }) => {
        const [narrow] = slimmable('cifar-resnet8', { widths: [0.5, 1], classes: 10 }).networks;
        return {
          architecture: narrow!,
          weights: narrowWeights(weights, narrow!, arbitraryWeights(narrow!, 10)),
        };
      },
      // batch norms are its own, and folded into the filters
      1.5,
    ],
  ];
  it.each(twice)('agrees for %s, and holds what both have alike once', async (_, whole, first, share) => {
    const open = { ...whole, weights: thresholdedGates(whole, 0).weights };
    const parts = [{ ...whole, ...first(whole) }, whole.architecture === dynamic ? open : whole];
    for (const threshold of [0, 0.15, 1])
      await expectAgreement(parts, settingsFor(2, { thresholds: [threshold] }), { count: 2 });
    const file = exportCascade(parts, settingsFor(2));
    const alone = exportOnnx(whole);
    expect(file.length / alone.length).toBeLessThan(share);
    if (!lanes) return;
    for (const threshold of [0, 1])
      await expectAgreement(parts, settingsFor(2, { thresholds: [threshold] }), {
        cpuLanes: lanes,
        count: 1,
      });
  });

  const exits = withExits(tinyDynamic(), { exits: [0] });

  it('freezes gates of all networks', async () => {
    const parts = [part(tinyDynamic(), 1), part(exits, 2)];
    const rows = [
      [true, false],
      [false, true],
      [true, true],
      [false, false],
    ];
    const settings = settingsFor(3, { thresholds: [1, 1] });
    const file = exportCascade(parts, settings, { frozenGates: rows });
    const session = await DynamicSession.create(file);
    const image = arbitraryImage(8 * 8 * 3, 1);
    const { gates, stage, macs } = await session.run(image);
    expect([gates, stage]).toEqual([[], 2]);
    expect(readDescription(file)).toMatchObject({ subBlocks: [], frozenGates: rows, alwaysMacs: macs });
    await session.close();
    expect(() => exportCascade(parts, settings, { frozenGates: rows.slice(1) })).toThrow(
      'frozenGates: expected 4 gated blocks, those of all networks, got 3',
    );
    // each alone, with those rows, at a temperature of 1
    const alone = [0, 1].map((p) => {
      const architecture = tinyDynamic();
      const weights = new Map(
        [...(parts[p] as CascadePart).weights].filter(([name]) => !name.startsWith('exit')),
      );
      return exportOnnx({ architecture, weights }, { frozenGates: rows.slice(2 * p, 2 * p + 2) });
    });
    const last = await DynamicSession.create(
      exportCascade(parts, { ...settings, combine: 'last' }, { frozenGates: rows }),
    );
    const second = await DynamicSession.create(alone[1] as Uint8Array);
    const shifted = image.map((value, i) => {
      const [from, to] = parts as [CascadePart, CascadePart];
      const c = i % 3;
      return (
        (value * from.channelDeviations![c]! + from.channelMeans![c]! - to.channelMeans![c]!) /
        to.channelDeviations![c]!
      );
    });
    const expected = (await second.run(shifted)).logits;
    const sum = Math.log(expected.reduce((total, value) => total + Math.exp(value), 0));
    const wanted = expected.map((value) => value - sum);
    expect(relativeDifference((await last.run(image)).logits, wanted)).toBeLessThan(1e-4);
    await Promise.all([last.close(), second.close()]);
  });

  it('has the convolutions of later stages in branches, and scalar conditions, as OpenVINO requires', () => {
    const { graph } = cascadeModel([part(exits, 1), part(tinyDynamic(), 2)], settingsFor(3));
    const own = (each: OnnxGraph) =>
      each.nodes
        .filter(({ operation }) => operation === 'Conv' || operation === 'Gemm')
        .map(({ name }) => name);
    const branchOf = (each: OnnxGraph, attribute: 'then_branch' | 'else_branch') => {
      const stage = each.nodes.find(({ name }) => /^stage\d\.end$/.test(name));
      return (stage?.attributes[attribute] as { graph: OnnxGraph }).graph;
    };
    expect(own(graph)).toContain('part0.exit0.logits');
    expect(own(graph).filter((name) => /stage1|head|part1/.test(name))).toEqual([]);
    const second = branchOf(graph, 'else_branch');
    expect(own(second)).toContain('part0.head.logits');
    expect(own(second).filter((name) => name.startsWith('part1'))).toEqual([]);
    expect(own(branchOf(second, 'else_branch'))).toContain('part1.head.logits');
    for (const each of [graph, second]) expect(own(branchOf(each, 'then_branch'))).toEqual([]);
    const sureness = graph.nodes.find(({ name }) => name === 'stage0.stops');
    expect(sureness?.operation).toBe('GreaterOrEqual');
    expect(graph.outputs.map(({ name, shape }) => `${name} ${shape.join('×')}`)).toEqual([
      'logits 1×5',
      'gates 4×2',
      'macs ',
      'stage ',
      'confidence ',
    ]);
  });

  it('calls networks what they are called', () => {
    const parts = [part(tinyDynamic(), 1), part(tinyDynamic(), 2)];
    const named = parts.map((each, at) => ({ ...each, name: `tiny #${at + 1}` }));
    const { name, cascade } = readDescription(exportCascade(named, settingsFor(2)));
    expect([name, cascade?.parts]).toEqual(['tiny #1 then tiny #2', ['tiny #1', 'tiny #2']]);
  });

  it('describes its stages', () => {
    const file = exportCascade(
      [part(exits, 1), part(tinyDynamic(), 2)],
      settingsFor(3, { temperatures: [1, 2, 3], by: 'margin' }),
    );
    const { name, subBlocks, alwaysMacs, cascade } = readDescription(file);
    expect([name, subBlocks]).toEqual(['tiny-e1 then tiny', [2, 2, 2, 2]]);
    expect(cascade).toMatchObject({
      parts: ['tiny-e1', 'tiny'],
      by: 'margin',
      combine: 'mean',
      stages: [
        { part: 0, exit: 0, gatedBlocks: 1, temperature: 1, threshold: 0.5 },
        { part: 0, gatedBlocks: 2, temperature: 2, threshold: 0.5 },
        { part: 1, gatedBlocks: 4, temperature: 3, alwaysMacs },
      ],
    });
    expect(cascade?.stages[2]).not.toHaveProperty('threshold');
    const plain = readDescription(exportOnnx(part(tinyDynamic(), 2)));
    expect(plain).not.toHaveProperty('cascade');
  });

  it('runs in workers and in browsers', async () => {
    const file = exportCascade([part(exits, 1), part(tinyDynamic(), 2)], settingsFor(3));
    const images = Array.from({ length: 4 }, (_, i) => arbitraryImage(8 * 8 * 3, i));
    const one = await DynamicSession.create(file, { form: 'as-written' });
    const expected = await Promise.all(images.map((image) => one.run(image)));
    const pool = await DynamicSession.create(file, { workers: 2, form: 'as-written' });
    expect(await Promise.all(images.map((image) => pool.run(image)))).toEqual(expected);
    const web = await BrowserSession.create(file, { runtime: ort });
    expect(await web.run(images[0]!)).toEqual(expected[0]);
    await Promise.all([one.close(), pool.close(), web.close()]);
  });

  it('stays finite where a network is certain', async () => {
    const certain = (architecture: Architecture, seed: number): CascadePart => {
      const own = part(architecture, seed);
      const weights = new Map(own.weights);
      const bias = weights.get('head.linear.bias');
      if (bias?.dtype !== 'F32') throw new Error('expected float32');
      weights.set('head.linear.bias', { ...bias, data: bias.data.map((_, c) => (c === 1 ? 2000 : 0)) });
      return { ...own, weights };
    };
    const plain = tinyArchitecture([{ kind: 'basic', shortcut: 'identity', subBlocks: 1 }]);
    for (const by of confidenceMeasures) {
      for (const combine of combinations) {
        const file = exportCascade(
          [certain(plain, 1), certain(plain, 2)],
          settingsFor(2, { by, combine, thresholds: [1] }),
        );
        const session = await DynamicSession.create(file);
        const { logits, confidence, stage } = await session.run(arbitraryImage(8 * 8 * 3, 1));
        expect([confidence, stage]).toEqual([1, 0]);
        expect([...logits].every(Number.isFinite)).toBe(true);
        await session.close();
      }
    }
  });

  it('writes the same file for the same input', () => {
    const bytes = () => exportCascade([part(exits, 1), part(tinyDynamic(), 2)], settingsFor(3));
    expect(Buffer.compare(bytes(), bytes())).toBe(0);
  });

  const tiny = (change: Partial<Architecture>) => part({ ...tinyDynamic(), ...change }, 1);
  it.each<[string, CascadePart[], object, object, RegExp]>([
    ['nothing', [], {}, {}, /parts: expected at least two networks, or one with exits, got none/],
    ['one without exits', [tiny({})], {}, {}, /or one with exits, got tiny without exits/],
    [
      'other sizes',
      [tiny({}), tiny({ imageSizePx: 16 })],
      {},
      {},
      /parts\[1\]: expected images of the same side in pixels, 8, as in tiny, got 16 of tiny \(imageSizePx runs all at one size\)/,
    ],
    [
      'missing means',
      [tiny({}), { ...tiny({}), channelMeans: undefined, channelDeviations: undefined }],
      {},
      {},
      /parts\[1\]: expected channelMeans and channelDeviations, .* got none of tiny/,
    ],
    [
      'a deviation of 0',
      [tiny({}), { ...tiny({}), channelDeviations: [1, 0, 1] }],
      {},
      {},
      /parts\[1\]\.channelDeviations: expected 3 finite numbers > 0, got \[1,0,1\]/,
    ],
    [
      'thresholds',
      [tiny({}), tiny({})],
      { thresholds: [1.5] },
      {},
      /thresholds: expected 1 numbers from 0 to 1, .* got \[1\.5\]/,
    ],
    [
      'too few thresholds',
      [tiny({}), tiny({})],
      { thresholds: [] },
      {},
      /thresholds: expected 1 .* got \[\]/,
    ],
    [
      'temperatures',
      [tiny({}), tiny({})],
      { temperatures: [1, -1] },
      {},
      /temperatures: expected 2 numbers > 0, .* got \[1,-1\]/,
    ],
    [
      'words',
      [tiny({}), tiny({})],
      { by: 'size', combine: 7 },
      {},
      /by: expected 'probability' or 'margin' or 'entropy', got "size"\n {2}- combine: expected 'last' or 'mean', got 7/,
    ],
    [
      'another preparation',
      [tiny({}), tiny({})],
      {},
      { preparation: { shorterSidePx: 9, channelMeans: [0, 0, 0], channelDeviations: [1, 1, 1] } },
      /preparation: expected the normalisation of the first network, .* got 0, 0, 0 ± 1, 1, 1/,
    ],
  ])('refuses %s', (_, parts, settings, options, message) => {
    const failure = () => exportCascade(parts, { ...settingsFor(2), ...settings }, options);
    expect(failure).toThrow(expect.objectContaining({ code: 'DMNN_EXPORT' }));
    expect(failure).toThrow(message);
  });

  it('takes networks of other sizes at one that is given', () => {
    const parts = [tiny({}), tiny({ imageSizePx: 16 })];
    const file = exportCascade(parts, settingsFor(2), { imageSizePx: 16 });
    expect(readDescription(file).imageSizePx).toBe(16);
  });

  it('refuses networks with other classes, and settings that are none', () => {
    const other = { ...tinyDynamic().head, classes: 7 };
    expect(() => exportCascade([tiny({}), tiny({ head: other })], settingsFor(2))).toThrow(
      'parts[1]: expected as many classes, 5, as in tiny, got 7 of tiny',
    );
    expect(() => exportCascade([tiny({}), tiny({})], undefined as never)).toThrow(
      /settings: expected an object/,
    );
  });
});
