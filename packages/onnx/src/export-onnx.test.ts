import {
  type Activation,
  type Architecture,
  activations,
  paperController,
  withExits,
} from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { countNetwork, flopsTable, patternMacs } from '@dmnn/flops';
import * as fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { exportOnnx, onnxModel } from './export-onnx.js';
import type { ExportOptions } from './export/export-options.js';
import { filledLanes } from './export/emit-network.js';
import { gateDifferences, references } from './fixtures/agreement.js';
import { arbitraryImage, relativeDifference } from '@dmnn/test-networks';
import { arbitraryWeights } from './fixtures/arbitrary-weights.js';
import { anyPaddedTiny, tinyArchitecture, tinyDynamic } from '@dmnn/test-networks';
import type { FileDescription } from './file-description.js';
import type { OnnxGraph } from './graph/onnx-graph.js';
import { cpuLanes } from './session/cpu-lanes.js';
import { preparedImage } from './session/inference.js';
import { DynamicSession } from './session/node-session.js';
import { readDescription } from './session/read-description.js';

const anyOptions: fc.Arbitrary<ExportOptions> = fc.record({
  layout: fc.constantFrom('sub-blocks', 'pairs', 'patterns'),
  padChannelsTo: fc.constantFrom(1, 3, 8, 16),
});

/** A graph and all its branches. */
function within(graph: OnnxGraph): OnnxGraph[] {
  const attributes = graph.nodes.flatMap((node) => Object.values(node.attributes));
  return [graph, ...attributes.flatMap((value) => ('graph' in value ? within(value.graph) : []))];
}

/** Gated blocks and a head whose units, sums and hidden layer all end in one activation. */
function architectureWith(activation: Activation): Architecture {
  const architecture = tinyArchitecture(
    [
      { kind: 'bottleneck', shortcut: 'projection', subBlocks: 2, controller: paperController },
      { kind: 'inverted-residual', shortcut: 'identity', subBlocks: 2, controller: paperController },
      { kind: 'basic', shortcut: 'pad', subBlocks: 2 },
    ],
    { hidden: true },
  );
  return JSON.parse(
    JSON.stringify(architecture, (key, value: unknown) =>
      key === 'activation' && value !== 'none' ? activation : value,
    ),
  ) as Architecture;
}

/** Compares a file for each of the options with `@dmnn/network` on two images; returns the gates. */
async function expectAgreement(
  architecture: Architecture,
  seed: number,
  ...forms: readonly ExportOptions[]
): Promise<boolean[][][]> {
  const weights = arbitraryWeights(architecture, seed);
  const { imageSizePx: side, inChannels } = architecture;
  const images = [0, 1].map((i) => arbitraryImage(side * side * inChannels, seed + i));
  const expected = references(architecture, weights, images);
  const table = flopsTable(countNetwork(architecture));
  for (const options of forms) {
    const session = await DynamicSession.create(exportOnnx({ architecture, weights }, options), {
      threads: 1,
    });
    for (const [i, image] of images.entries()) {
      const reference = expected[i]!;
      const ours = await session.run(image);
      const { clear, close } = gateDifferences(ours, reference);
      expect(clear).toBe(0);
      expect(ours.macs).toBe(patternMacs(table, ours.gates));
      if (close > 0) continue;
      expect(relativeDifference(ours.logits, reference.logits)).toBeLessThan(1e-4);
      const best = (logits: Float32Array) => logits.indexOf(Math.max(...logits));
      expect(best(ours.logits)).toBe(best(reference.logits));
    }
    await session.close();
  }
  return expected.map(({ gates }) => gates);
}

const lanes = await cpuLanes(ort);
if (!lanes)
  process.stderr.write('not run: files in the blocked layout (this processor does not support it)\n');

describe('exportOnnx', () => {
  it('has the gates, logits and costs of @dmnn/network, for all kinds of blocks, shortcuts and controllers', async () => {
    const seen = new Set<boolean>();
    await fc.assert(
      fc.asyncProperty(anyPaddedTiny, fc.nat(1e6), anyOptions, async (architecture, seed, options) => {
        const gates = await expectAgreement(architecture, seed, options);
        gates.flat(2).forEach((gate) => seen.add(gate));
      }),
      { numRuns: 150 },
    );
    expect(seen.size).toBe(2); // both open and closed sub-blocks occurred
  });

  it.runIf(lanes)('agrees in the blocked layout of this processor too', async () => {
    const { layout } = { layout: fc.constantFrom('sub-blocks', 'pairs', 'patterns') } as const;
    const ungrouped = anyPaddedTiny.filter(({ stages }) =>
      stages.every(({ blocks }) =>
        blocks.every(({ subBlocks }) =>
          subBlocks.every(({ units }) =>
            units.every((unit) => unit.groups === 1 || unit.groups === unit.inChannels),
          ),
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(ungrouped, fc.nat(1e6), layout, async (architecture, seed, each) => {
        await expectAgreement(architecture, seed, { layout: each, cpuLanes: lanes! });
      }),
      { numRuns: 60 },
    );
    const mobile = createArchitecture('dmnn-mobilenetv2-n2', { classes: 10, imageSizePx: 32 });
    await expectAgreement(mobile, 3, { cpuLanes: lanes! });
  });

  it.each(Object.keys(activations) as Activation[])(
    'agrees where everything ends in %s, in every layout',
    async (activation) => {
      const architecture = architectureWith(activation);
      for (const layout of ['sub-blocks', 'pairs', 'patterns'] as const) {
        await expectAgreement(architecture, 2, { layout });
        if (lanes) await expectAgreement(architecture, 2, { layout, cpuLanes: lanes });
      }
    },
  );

  // the first convolution after the stem is depth-wise, on 24 and 44 channels
  it.each(['mobilenetv2-0.75', 'dmnn-cifar-mobilenetv2-1.4-n2'])(
    '%s agrees with padded channels, whatever their number',
    async (name) => {
      const architecture = createArchitecture(name, { classes: 10, imageSizePx: 8 });
      const padded = [8, 16, 64].map((padChannelsTo) => ({ padChannelsTo }));
      await expectAgreement(architecture, 3, ...padded, ...(lanes ? [{ cpuLanes: lanes }] : []));
    },
  );

  it.each([1, 3, 8, 16, 20])('agrees for images of %i channels, in every layout', async (inChannels) => {
    const blocks = [
      { kind: 'separable', shortcut: 'pad', subBlocks: 2, controller: paperController },
    ] as const;
    const architecture = tinyArchitecture(blocks, { inChannels });
    await expectAgreement(architecture, 4, {});
    if (lanes) await expectAgreement(architecture, 4, { cpuLanes: lanes });
  });

  it.runIf(lanes)('refuses to run a file with the blocked layout on other processors', async () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 10 });
    const other = exportOnnx(
      { architecture, weights: arbitraryWeights(architecture, 1) },
      {
        cpuLanes: lanes === 8 ? 16 : 8,
      },
    );
    await expect(DynamicSession.create(other)).rejects.toThrow(/expected a processor of (8|16) lanes/);
  });

  it.each(['dmnn-cifar-resnet8-n2', 'dmnn-mobilenetv2-n2'])(
    '%s of the zoo agrees with @dmnn/network',
    async (name) => {
      const architecture = createArchitecture(name, { classes: 10, imageSizePx: 32 });
      await expectAgreement(architecture, 3, {});
    },
  );

  it('pads hidden channels to 16, or 4 if narrow, unless an option says otherwise, and counts what the network computes', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 10 });
    const network = { architecture, weights: arbitraryWeights(architecture, 1) };
    const filters = (options: ExportOptions) => {
      const { graph } = onnxModel(network, options);
      return within(graph).flatMap(({ initialisers }) =>
        initialisers
          .filter(({ name }) => name.endsWith('subblock0.unit0.weight'))
          .map(({ shape }) => shape[0]),
      );
    };
    expect(filters({ padChannelsTo: 1 })).toEqual([8, 16, 32]);
    expect(filters({})).toEqual([8, 16, 32]);
    expect([4, 6, 8, 10, 11, 14, 24, 38, 76, 153, 307].map(filledLanes)).toEqual([
      4, 8, 8, 12, 16, 16, 32, 48, 80, 160, 320,
    ]);
    expect(filters({ cpuLanes: 8 })).toEqual([8, 16, 32]);
    expect(filters({ padChannelsTo: 16 })).toEqual([16, 16, 32]);
    const [padded, plain] = [exportOnnx(network), exportOnnx(network, { padChannelsTo: 1 })];
    const costs = ({ alwaysMacs, subBlockMacs }: FileDescription) => ({ alwaysMacs, subBlockMacs });
    expect(costs(readDescription(padded))).toEqual(costs(readDescription(plain)));
  });

  it('gives logits of a whole batch for a static network', async () => {
    const architecture = createArchitecture('cifar-resnet8', { classes: 10 });
    const weights = arbitraryWeights(architecture, 5);
    const images = [1, 2, 3].map((seed) => arbitraryImage(32 * 32 * 3, seed));
    const file = exportOnnx({ architecture, weights });
    const session = await ort.InferenceSession.create(file);
    const description = readDescription(file);
    const batch = new Float32Array(3 * 32 * 32 * 3);
    images.forEach((image, i) => {
      batch.set(preparedImage(image, {}, description), i * image.length);
    });
    const results = await session.run({ image: new ort.Tensor('float32', batch, [3, 3, 32, 32]) });
    const expected = references(architecture, weights, images).flatMap(({ logits }) => [...logits]);
    expect(results['logits']!.dims).toEqual([3, 10]);
    expect(
      relativeDifference(results['logits']!.data as Float32Array, Float32Array.from(expected)),
    ).toBeLessThan(1e-4);
    expect(results['macs']!.data[0]).toBe(countNetwork(architecture).macs);
  });

  it('freezes a pattern: no If or controllers, the logits of that pattern, batches', async () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 10 });
    const weights = arbitraryWeights(architecture, 8);
    const image = arbitraryImage(32 * 32 * 3, 1);
    const [reference] = references(architecture, weights, [image]);
    const dynamic = exportOnnx({ architecture, weights });
    const frozen = exportOnnx({ architecture, weights }, { frozenGates: reference!.gates });
    expect(frozen.length).toBeLessThan(dynamic.length / 2);
    const session = await DynamicSession.create(frozen);
    const ours = await session.run(image);
    expect(relativeDifference(ours.logits, reference!.logits)).toBeLessThan(1e-4);
    expect(ours.gates).toEqual([]);
    const table = flopsTable(countNetwork(architecture));
    const controllers = table.controllerMacs.reduce((sum, macs) => sum + macs, 0);
    expect(ours.macs).toBe(patternMacs(table, reference!.gates) - controllers);
    await session.close();
  });

  it.each([{ layout: 'sub-blocks' }, { layout: 'patterns' }, { cpuLanes: 8 }] as const)(
    'has scalar conditions, as OpenVINO requires: %j',
    (options) => {
      const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n3', { classes: 10 });
      const weights = arbitraryWeights(architecture, 1);
      const { graph } = onnxModel({ architecture, weights }, options);
      const nodes = within(graph).flatMap((each) => each.nodes);
      const conditions = nodes.filter(({ operation }) => operation === 'If').map(({ inputs }) => inputs[0]!);
      const scalars = nodes
        .filter(({ operation }) => operation === 'Squeeze')
        .flatMap(({ outputs }) => outputs);
      expect(new Set(conditions)).toEqual(new Set(scalars));
      expect(scalars).toHaveLength(9);
    },
  );

  it('stores weights as often as documented for its layout', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet20-n2', { subBlocks: 2 });
    const weights = arbitraryWeights(architecture, 1);
    const bytes = (layout: 'sub-blocks' | 'pairs' | 'patterns') =>
      exportOnnx({ architecture, weights }, { layout }).length;
    // N = 2: the same but for their names, which stand in the file
    expect(bytes('patterns') - bytes('pairs')).toBe('patterns'.length - 'pairs'.length);
    expect(bytes('pairs') / bytes('sub-blocks')).toBeGreaterThan(1.7);
    expect(bytes('pairs') / bytes('sub-blocks')).toBeLessThan(2.1);
  });

  it('writes the same file for the same input', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
    const weights = arbitraryWeights(architecture, 1);
    const [first, second] = [exportOnnx({ architecture, weights }), exportOnnx({ architecture, weights })];
    expect(Buffer.compare(first, second)).toBe(0);
  });

  it('lists all problems with the weights', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
    const weights = arbitraryWeights(architecture, 1);
    const stem = weights.get('stem.unit0.weight')!;
    weights.delete('controllers.carry.weight');
    weights.set('stem.unit0.weight', { ...stem, data: stem.data.map((value, i) => (i === 5 ? NaN : value)) });
    weights.set('head.linear.bias', { dtype: 'F32', shape: [7], data: new Float32Array(7) });
    weights.set('head.other', { dtype: 'F32', shape: [2], data: new Float32Array(2) });
    const failure = () => exportOnnx({ architecture, weights });
    expect(failure).toThrow(/controllers\.carry\.weight: expected F32 \[32, 32\], got nothing/);
    expect(failure).toThrow(/stem\.unit0\.weight: expected finite numbers, got NaN at index 5/);
    expect(failure).toThrow(/head\.linear\.bias: expected F32 \[100\], got F32 \[7\]/);
    expect(failure).toThrow(/head\.other: unexpected/);
    expect(failure).toThrow(expect.objectContaining({ code: 'DMNN_EXPORT' }));
  });

  it('requires the variables of a controller that a frozen file leaves out', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
    const weights = arbitraryWeights(architecture, 1);
    weights.delete('stage1.block0.controller.decide.bias');
    const frozenGates = [
      [true, true],
      [false, false],
      [true, false],
    ];
    expect(() => exportOnnx({ architecture, weights }, { frozenGates })).toThrow(/decide\.bias/);
  });

  it('refuses groups that do not fit the blocked layout', () => {
    const architecture = createArchitecture('resnext50-32x4d', { classes: 10, imageSizePx: 32 });
    expect(() => exportOnnx({ architecture, weights: new Map() }, { cpuLanes: 8 })).toThrow(
      /grouped convolutions with a multiple of 8 channels per group, got 128 → 128 in 32 groups/,
    );
    expect(() => exportOnnx({ architecture, weights: new Map() }, { cpuLanes: 4 as never })).toThrow(
      /expected 8 or 16, got 4/,
    );
    expect(() =>
      exportOnnx({ architecture, weights: new Map() }, { cpuLanes: 8, padChannelsTo: 16 }),
    ).toThrow(/padChannelsTo: expected 8, as cpuLanes, got 16/);
  });

  it('describes class names, preparation of images and cost of the backbone', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 2 });
    const facts = {
      classNames: ['tench', '鯉'],
      preparation: { shorterSidePx: 36, channelMeans: [0.5, 0.4, 0.3], channelDeviations: [0.2, 0.3, 0.1] },
    };
    const file = exportOnnx({ architecture, weights: arbitraryWeights(architecture, 1) }, facts);
    expect(readDescription(file)).toMatchObject({
      ...facts,
      undividedMacs: countNetwork(createArchitecture('cifar-resnet8', { classes: 2 })).macs,
    });
    const withoutFacts = readDescription(
      exportOnnx({ architecture, weights: arbitraryWeights(architecture, 1) }),
    );
    expect(Object.keys(withoutFacts)).not.toContain('classNames');
    expect(Object.keys(withoutFacts)).not.toContain('preparation');
  });

  it.each([
    [{ classNames: ['one'] }, /classNames: expected 2 strings, got 1 values/],
    [{ classNames: ['one', 2] }, /classNames: expected 2 strings/],
    [{ preparation: null }, /preparation: expected an object, got null/],
    [
      { preparation: { shorterSidePx: 31, channelMeans: [0, 0], channelDeviations: [1, 1, 0] } },
      /shorterSidePx: expected a whole number of pixels, at least the image's 32, got 31\n {2}- preparation\.channelMeans: expected 3 finite numbers, got \[0,0\]\n {2}- preparation\.channelDeviations: expected 3 finite numbers > 0, got \[1,1,0\]/,
    ],
  ])('rejects the description %j', (facts, message) => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2', { classes: 2 });
    expect(() =>
      exportOnnx({ architecture, weights: arbitraryWeights(architecture, 1) }, facts as never),
    ).toThrow(message);
  });

  it('refuses exits, which it would leave out', () => {
    const architecture = withExits(tinyDynamic(), { exits: [0] });
    expect(() => exportOnnx({ architecture, weights: arbitraryWeights(architecture, 1) })).toThrow(
      'exits: expected none, since every image runs to the end here, got the 1 of',
    );
    expect(() => exportOnnx({ architecture, weights: arbitraryWeights(architecture, 1) })).toThrow(
      'exportCascade([network], settings)',
    );
  });

  it('rejects options that it does not know, all at once', () => {
    const architecture = createArchitecture('dmnn-cifar-resnet8-n2');
    const weights = arbitraryWeights(architecture, 1);
    const options = {
      layuot: 'pairs',
      layout: 'tree',
      imageSizePx: NaN,
      padChannelsTo: 0,
      frozenGates: [[true, true], [true], [1, 0]],
    };
    const failure = () => exportOnnx({ architecture, weights }, options as never);
    for (const key of [
      'layuot',
      'layout',
      'imageSizePx',
      'padChannelsTo',
      'frozenGates\\[1\\]',
      'frozenGates\\[2\\]',
    ]) {
      expect(failure).toThrow(new RegExp(`- ${key}: expected`));
    }
    expect(() => exportOnnx({ architecture, weights }, { frozenGates: [] })).toThrow(
      /expected 3 gated blocks, got 0/,
    );
  });
});
