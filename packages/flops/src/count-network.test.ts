import { ArchitectureError, convUnit, paperController } from '@dmnn/architecture';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Conventions, paperConventions } from './conventions.js';
import { countNetwork, countUndivided, sumOf } from './count-network.js';
import {
  arbitraryArchitecture,
  bottleneckResnet,
  handNetwork,
  mobilenetV2,
  tinyArchitecture,
} from '@dmnn/test-networks';

/** Rounded as in the tables that are quoted. */
const giga = (macs: number): string => (macs / 1e9).toFixed(4);
const mega = (parameters: number): string => (parameters / 1e6).toFixed(3);

describe('countNetwork, against published counts', () => {
  it('ResNet-50', () => {
    const count = countNetwork(bottleneckResnet());
    expect(count.parameters).toBe(25_557_032); // torchvision, ResNet50_Weights.IMAGENET1K_V1, num_params
    expect(giga(count.macs)).toBe('4.0892'); // torchvision prints 4.09
    expect(count).toMatchObject({ imageSizePx: 224, gatedMacs: 0, controllerMacs: 0, fixedMacs: count.macs });
  });

  it('ResNet-101', () => {
    const count = countNetwork(bottleneckResnet({ blocks: [3, 4, 23, 3] }));
    expect(count.parameters).toBe(44_549_160); // torchvision, ResNet101_Weights.IMAGENET1K_V1, num_params
    expect(giga(count.macs)).toBe('7.8014'); // torchvision prints 7.80
  });

  it('ResNeXt-50 32×4d', () => {
    const groups = [32, 32, 32, 32];
    const count = countNetwork(bottleneckResnet({ widths: [128, 256, 512, 1024], groups }));
    expect(count.parameters).toBe(25_028_904); // torchvision, ResNeXt50_32X4D_Weights.IMAGENET1K_V1, num_params
    expect((count.macs / 1e9).toFixed(2)).toBe('4.23'); // the same, GFLOPS
  });

  it('ResNeXt-50 2×40d and 4×24d', () => {
    const two = countNetwork(bottleneckResnet({ widths: [80, 160, 320, 640], groups: [2, 2, 2, 2] }));
    const four = countNetwork(bottleneckResnet({ widths: [96, 192, 384, 768], groups: [4, 4, 4, 4] }));
    // 25.4 and 25.3 M in Xie et al. 2017, Table 2; MACs by fvcore's rule, the paper prints 0.04 G more
    expect([mega(two.parameters), giga(two.macs)]).toEqual(['25.425', '4.1245']);
    expect([mega(four.parameters), giga(four.macs)]).toEqual(['25.293', '4.1598']);
  });

  it('MobileNetV2', () => {
    const count = countNetwork(mobilenetV2());
    expect(count.parameters).toBe(3_504_872); // torchvision, MobileNet_V2_Weights.IMAGENET1K_V1, num_params
    expect((count.macs / 1e6).toFixed(1)).toBe('300.8'); // Sandler et al. 2018, Table 4: 300 M
  });

  it.each([
    // DMNN Tables 1 and 2 print 24.67, 25.81 and 25.81 M
    [2, [38, 76, 153, 307], '24.653'],
    [3, [29, 59, 119, 239], '25.813'],
    [4, [24, 48, 96, 192], '25.809'],
  ])('DMNN-50 of %i sub-blocks', (subBlocks, widths, parameters) => {
    const count = countNetwork(bottleneckResnet({ subBlocks, widths, controller: paperController }));
    expect(mega(count.parameters)).toBe(parameters);
  });

  it('DMNN-101 of 2 sub-blocks', () => {
    const widths = [38, 76, 153, 307];
    const options = { blocks: [3, 4, 23, 3], subBlocks: 2, widths, controller: paperController };
    expect(mega(countNetwork(bottleneckResnet(options)).parameters)).toBe('43.120'); // DMNN Table 1: 43.12
  });

  it('DMNN-MobileNetV2 of 2 sub-blocks', () => {
    expect(mega(countNetwork(mobilenetV2(2)).parameters)).toBe('3.626'); // DMNN Table 2: 3.63
  });

  it("controllers of DMNN-50, one matrix shared or one of each block's own", () => {
    const options = { subBlocks: 2, widths: [38, 76, 153, 307] };
    const shared = countNetwork(bottleneckResnet({ ...options, controller: paperController }));
    const own = countNetwork(
      bottleneckResnet({ ...options, controller: { ...paperController, previousState: 'per-block' } }),
    );
    // input channels of the 16 blocks, stage by stage
    const inputs = 64 + 2 * 256 + 256 + 3 * 512 + 512 + 5 * 1024 + 1024 + 2 * 2048;
    expect(shared.controllerMacs).toBe(inputs * 32 + 15 * 32 * 32 + 16 * 32 * 4);
    expect(own.controllerMacs).toBe(shared.controllerMacs);
    // 15 matrices instead of 1
    expect(own.parameters - shared.parameters).toBe(14 * 32 * 32);
    expect(mega(own.parameters)).toBe('24.668');
  });
});

describe('countNetwork, by hand', () => {
  const all: Conventions = {
    unit: 'macs',
    batchNorm: true,
    bias: true,
    activations: true,
    controllers: true,
  };

  it('multiply–accumulates and parameters of every layer', () => {
    const count = countNetwork(handNetwork({ ...paperController, hiddenUnits: 3 }));
    const rows = count.layers.map(({ path, operation, part, outShape, macs, parameters }) => [
      path,
      operation,
      part,
      outShape.join('×'),
      macs,
      parameters,
    ]);
    expect(rows).toEqual([
      // 4·4·4·27; 4·27 + 2·4
      ['stem.unit0', 'convolution 3×3', 'fixed', '4×4×4', 1728, 116],
      // one matrix, used once here
      ['controllers.carry', 'linear, shared by the controllers', 'controller', '3', 0, 9],
      // 4·3; 3·4, and 4 biases
      ['stage0.block0.controller.embed', 'linear', 'controller', '3', 12, 12],
      ['stage0.block0.controller.decide', 'linear', 'controller', '4', 12, 16],
      // 2·2·6·4; 6·4 + 2·6
      ['stage0.block0.shortcut', 'convolution 1×1, stride 2', 'fixed', '2×2×6', 96, 36],
      // 2·2·2·36; 2·36 + 2 biases
      ['stage0.block0.subblock0.unit0', 'convolution 3×3, stride 2', 'gated', '2×2×2', 288, 74],
      // 2·2·6·2; 6·2 + 2·6
      ['stage0.block0.subblock0.unit1', 'convolution 1×1', 'gated', '2×2×6', 48, 24],
      // 2·2·3·36; 3·36 + 3
      ['stage0.block0.subblock1.unit0', 'convolution 3×3, stride 2', 'gated', '2×2×3', 432, 111],
      ['stage0.block0.subblock1.unit1', 'convolution 1×1', 'gated', '2×2×6', 72, 30],
      // 6·3
      ['stage0.block1.controller.embed', 'linear', 'controller', '3', 18, 18],
      ['stage0.block1.controller.carry', 'linear', 'controller', '3', 9, 0],
      ['stage0.block1.controller.decide', 'linear', 'controller', '4', 12, 16],
      // 2·2·2·54; 2·54 + 2
      ['stage0.block1.subblock0.unit0', 'convolution 3×3', 'gated', '2×2×2', 432, 110],
      ['stage0.block1.subblock0.unit1', 'convolution 1×1', 'gated', '2×2×6', 48, 24],
      ['stage0.block1.subblock1.unit0', 'convolution 3×3', 'gated', '2×2×2', 432, 110],
      ['stage0.block1.subblock1.unit1', 'convolution 1×1', 'gated', '2×2×6', 48, 24],
      // 6·5 and 5 biases
      ['head.linear', 'linear', 'fixed', '5', 30, 35],
    ]);
    expect(count).toMatchObject({
      fixedMacs: 1728 + 96 + 30,
      gatedMacs: 288 + 48 + 432 + 72 + 2 * (432 + 48),
      controllerMacs: 12 + 12 + 18 + 9 + 12,
    });
    expect(count.blocks[1]).toEqual({
      path: 'stage0.block1',
      stageIndex: 0,
      blockIndex: 1,
      subBlocks: [
        { path: 'stage0.block1.subblock0', macs: 480, parameters: 134 },
        { path: 'stage0.block1.subblock1', macs: 480, parameters: 134 },
      ],
      fixedMacs: 0,
      gatedMacs: 960,
      controllerMacs: 39,
      macs: 999,
      parameters: 302,
      controllerParameters: 34,
    });
    expect(count.layers.filter(({ blockIndex }) => blockIndex === 1)).toHaveLength(7);
    expect(count.layers.filter(({ subBlockIndex }) => subBlockIndex === 1)).toHaveLength(4);
  });

  /** Operations that a switch adds, by path: twice what it adds in MACs. */
  function added(
    change: Partial<Conventions>,
    controller = { ...paperController, hiddenUnits: 3 },
  ): Record<string, number> {
    const network = handNetwork(controller);
    const costs = (conventions: Conventions): Map<string, number> =>
      new Map(countNetwork(network, { conventions }).layers.map(({ path, macs }) => [path, macs]));
    const before = costs(paperConventions);
    return Object.fromEntries(
      [...costs({ ...paperConventions, ...change })]
        .map(([path, macs]) => [path, 2 * (macs - (before.get(path) ?? 0))] as const)
        .filter(([, operations]) => operations !== 0),
    );
  }

  it('batch norm: 2 operations for each output that has one', () => {
    expect(added({ batchNorm: true })).toEqual({
      'stem.unit0': 2 * 64,
      'stage0.block0.shortcut': 2 * 24,
      'stage0.block0.subblock0.unit1': 2 * 24,
      'stage0.block0.subblock1.unit1': 2 * 24,
      'stage0.block1.subblock0.unit1': 2 * 24,
      'stage0.block1.subblock1.unit1': 2 * 24,
    });
  });

  it('bias: 1 operation for each output that has one', () => {
    const expected = {
      'stage0.block0.controller.decide': 4,
      'stage0.block0.subblock0.unit0': 8,
      'stage0.block0.subblock1.unit0': 12,
      'stage0.block1.controller.decide': 4,
      'stage0.block1.subblock0.unit0': 8,
      'stage0.block1.subblock1.unit0': 8,
      'head.linear': 5,
    };
    expect(added({ bias: true })).toEqual(expected);
    expect(added({ bias: true }, { ...paperController, hiddenUnits: 3, hiddenBias: true })).toEqual({
      ...expected,
      'stage0.block0.controller.embed': 3,
      'stage0.block1.controller.embed': 3,
      'stage0.block1.controller.carry': 3,
    });
  });

  it("a block's bias: 1 operation for each output, whatever is open, and a parameter for each channel", () => {
    const count = (bias: boolean) =>
      countNetwork(tinyArchitecture([{ kind: 'basic', shortcut: 'pad', subBlocks: 2, bias }]), {
        conventions: { ...paperConventions, bias: true },
      });
    const [plain, biased] = [count(false), count(true)];
    // 6 channels of 4 × 4 pixels; one of these operations is half a MAC
    expect(biased.fixedMacs - plain.fixedMacs).toBe((6 * 4 * 4) / 2);
    expect(biased.parameters - plain.parameters).toBe(6);
  });

  it('activations: comparisons, sums and pools', () => {
    expect(added({ activations: true })).toEqual({
      'stem.unit0': 64,
      'stem.pool': 8 * 64, // the largest of nine
      'stage0.block0.controller.pool': 16 * 4, // 15 additions and a division
      'stage0.block0.controller.embed': 3,
      'stage0.block0.controller.decide': 2, // off or on, for two sub-blocks
      'stage0.block0.subblock0.unit0': 8,
      'stage0.block0.subblock0.unit1': 2 * 24, // ReLU6
      'stage0.block0.subblock0.sum': 24,
      'stage0.block0.subblock1.unit0': 12,
      'stage0.block0.subblock1.unit1': 2 * 24,
      'stage0.block0.subblock1.sum': 24,
      'stage0.block0.activation': 24,
      'stage0.block1.controller.pool': 4 * 6,
      'stage0.block1.controller.embed': 3,
      'stage0.block1.controller.carry': 2 * 3, // ReLU, and the sum of Eq. 7
      'stage0.block1.controller.decide': 2,
      'stage0.block1.subblock0.unit0': 8,
      'stage0.block1.subblock0.unit1': 2 * 24,
      'stage0.block1.subblock0.sum': 24,
      'stage0.block1.subblock1.unit0': 8,
      'stage0.block1.subblock1.unit1': 2 * 24,
      'stage0.block1.subblock1.sum': 24,
      'stage0.block1.activation': 24,
      'head.pool': 4 * 6,
    });
  });

  it('sums only what there is to sum', () => {
    const { layers } = countNetwork(mobilenetV2(), { conventions: all });
    const summed = layers.filter(({ operation }) => operation === 'sum').map(({ path }) => path);
    expect(summed).toHaveLength(10); // 17 blocks, of which 7 change stride or channels and have no shortcut
    expect(summed).not.toContain('stage0.block0.subblock0.sum');
    expect(summed).toContain('stage2.block0.subblock0.sum');
  });

  it('hidden biases have parameters, the shared one once', () => {
    const count = (hiddenBias: boolean): number =>
      countNetwork(handNetwork({ ...paperController, hiddenUnits: 3, hiddenBias })).parameters;
    expect(count(true) - count(false)).toBe(3 + 3 + 3); // embed, embed, controllers.carry
  });

  it('no previous state, no carry', () => {
    const { layers } = countNetwork(handNetwork({ ...paperController, previousState: 'none' }));
    expect(layers.filter(({ path }) => path.endsWith('carry'))).toEqual([]);
  });

  it("ConvNet-AIG's controller: C·16, batch norm, 16·2N and biases", () => {
    const count = countNetwork(handNetwork({ kind: 'squeeze', hiddenUnits: 16 }));
    expect(count.controllerMacs).toBe(4 * 16 + 16 * 4 + 6 * 16 + 16 * 4);
    expect(count.blocks.map(({ controllerParameters }) => controllerParameters)).toEqual([
      4 * 16 + 2 * 16 + 16 * 4 + 4,
      6 * 16 + 2 * 16 + 16 * 4 + 4,
    ]);
    const withNorm = countNetwork(handNetwork({ kind: 'squeeze', hiddenUnits: 16 }), {
      conventions: { ...paperConventions, batchNorm: true },
    });
    expect(withNorm.controllerMacs - count.controllerMacs).toBe(2 * 16);
  });

  it("SkipNet's controller: C·E, a step of the LSTM, D·2N; what blocks share has parameters once", () => {
    const count = countNetwork(handNetwork({ kind: 'recurrent', embedUnits: 5, hiddenUnits: 3 }));
    // the first has no state to read
    expect(count.controllerMacs).toBe(4 * 5 + 5 * 12 + 3 * 4 + (6 * 5 + (5 + 3) * 12 + 3 * 4));
    expect(count.blocks.map(({ controllerParameters }) => controllerParameters)).toEqual([
      4 * 5 + 5 + 4,
      6 * 5 + 5 + 4,
    ]);
    const shared = count.layers.filter(({ path }) => path.startsWith('controllers.'));
    expect(shared.map(({ path, parameters, macs }) => [path, parameters, macs])).toEqual([
      ['controllers.cell', (5 + 3) * 12 + 12, 0],
      ['controllers.decide2', 3 * 4, 0],
    ]);
    const curves = countNetwork(handNetwork({ kind: 'recurrent', embedUnits: 5, hiddenUnits: 3 }), {
      conventions: all,
    });
    const ofCells = curves.layers.filter(({ path }) => path.endsWith('controller.cell'));
    // biases; i, f, g, o and tanh(c); i·g and o·tanh(c), later f·c and a sum too: half a multiply–accumulate each
    expect(ofCells.map(({ macs }) => macs)).toEqual([
      5 * 12 + (12 + 12 + 9) / 2,
      8 * 12 + (12 + 12 + 15) / 2,
    ]);
  });

  it('controllers can be left out, with their parameters', () => {
    const network = handNetwork({ ...paperController, hiddenUnits: 3 });
    const [with_, without] = [true, false].map((controllers) =>
      countNetwork(network, { conventions: { ...all, controllers } }),
    );
    expect(without?.controllerMacs).toBe(0);
    expect(without?.layers.some(({ part }) => part === 'controller')).toBe(false);
    expect(without?.macs).toBe((with_?.macs ?? 0) - (with_?.controllerMacs ?? 0));
    expect((with_?.parameters ?? 0) - (without?.parameters ?? 0)).toBe(9 + 12 + 16 + 18 + 16);
  });

  it('names grouped and depth-wise convolutions and strided pools', () => {
    const count = countNetwork(
      {
        ...handNetwork(paperController),
        stem: {
          units: [
            convUnit(3, 3, 3, { groups: 3 }),
            convUnit(1, 3, 4),
            convUnit(3, 4, 8, { groups: 2, stride: 2 }),
          ],
          pool: { kernelSize: 2, stride: 2, padding: 0 },
        },
        stages: [],
        head: { units: [], inFeatures: 8, classes: 1 },
      },
      { conventions: all },
    );
    expect(count.layers.map(({ operation }) => operation)).toEqual([
      'depth-wise convolution 3×3',
      'convolution 1×1',
      'convolution 3×3, stride 2, 2 groups',
      'max pool 2×2, stride 2',
      'global average pool',
      'linear',
    ]);
    // 16·3·9, 16·4·3, 4·8·18
    expect(count.layers.map(({ parameters }) => parameters)).toEqual([27 + 6, 12 + 8, 8 * 18 + 16, 0, 0, 9]);
  });

  it('pools an image where there is no stem', () => {
    const pool = { kernelSize: 2, stride: 2, padding: 0 };
    const head = { units: [convUnit(1, 3, 2)], inFeatures: 2, classes: 2 };
    const network = { ...handNetwork(paperController), stem: { units: [], pool }, stages: [], head };
    const { layers } = countNetwork(network, { conventions: all });
    expect(layers[0]).toMatchObject({ path: 'stem.pool', outShape: [2, 2, 3], macs: (3 * 12) / 2 });
    expect(layers[1]).toMatchObject({ path: 'head.unit0', part: 'fixed' });
  });
});

describe('countNetwork, by laws', () => {
  const conventions = fc.record({
    unit: fc.constant('macs' as const),
    batchNorm: fc.boolean(),
    bias: fc.boolean(),
    activations: fc.boolean(),
    controllers: fc.boolean(),
  });

  it('counts what a naive convolution multiplies', () => {
    const unit = fc.record({
      kernelSize: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.integer({ min: 0, max: 2 }),
      groups: fc.integer({ min: 1, max: 3 }),
      inPerGroup: fc.integer({ min: 1, max: 3 }),
      outPerGroup: fc.integer({ min: 1, max: 3 }),
      sizePx: fc.integer({ min: 4, max: 9 }),
    });
    fc.assert(
      fc.property(unit, ({ kernelSize, stride, padding, groups, inPerGroup, outPerGroup, sizePx }) => {
        const inChannels = groups * inPerGroup;
        const outChannels = groups * outPerGroup;
        let multiplications = 0;
        for (let y = -padding; y + kernelSize <= sizePx + padding; y += stride)
          for (let x = -padding; x + kernelSize <= sizePx + padding; x += stride)
            for (let o = 0; o < outChannels; o++)
              for (let i = 0; i < inChannels; i++)
                if (Math.floor(o / outPerGroup) === Math.floor(i / inPerGroup))
                  for (let tap = 0; tap < kernelSize * kernelSize; tap++) multiplications += 1;
        const count = countNetwork({
          name: 'one',
          imageSizePx: sizePx,
          inChannels,
          stem: { units: [convUnit(kernelSize, inChannels, outChannels, { stride, padding, groups })] },
          stages: [],
          head: { units: [], inFeatures: outChannels, classes: 1 },
        });
        expect(count.layers[0]?.macs).toBe(multiplications);
      }),
    );
  });

  it('parts sum to the total, under any convention', () => {
    fc.assert(
      fc.property(arbitraryArchitecture(), conventions, (architecture, convention) => {
        const count = countNetwork(architecture, { conventions: convention });
        expect(count.conventions).toEqual(convention);
        expect(sumOf(count.layers, 'macs')).toBeCloseTo(count.macs, 6);
        expect(sumOf(count.layers, 'parameters')).toBe(count.parameters);
        expect(count.fixedMacs + count.gatedMacs + count.controllerMacs).toBe(count.macs);
        const outside = count.layers.filter(({ path }) => !path.startsWith('stage'));
        const inBlocks = { macs: 0, parameters: 0 };
        for (const block of count.blocks) {
          inBlocks.macs += block.macs;
          inBlocks.parameters += block.parameters;
          expect(block.fixedMacs + block.gatedMacs + block.controllerMacs).toBe(block.macs);
          const subBlocks = block.subBlocks.reduce((sum, { macs }) => sum + macs, 0);
          if (block.blockIndex === undefined) expect(block.fixedMacs).toBeGreaterThanOrEqual(subBlocks);
          else expect(block.gatedMacs).toBeCloseTo(subBlocks, 6);
        }
        expect(inBlocks.macs + sumOf(outside, 'macs')).toBeCloseTo(count.macs, 6);
        expect(inBlocks.parameters + sumOf(outside, 'parameters')).toBe(count.parameters);
      }),
    );
  });

  it('FLOPs are twice the multiply–accumulates, layer by layer, under any convention', () => {
    fc.assert(
      fc.property(arbitraryArchitecture(), conventions, (architecture, convention) => {
        const once = countNetwork(architecture, { conventions: convention });
        const twice = countNetwork(architecture, { conventions: { ...convention, unit: 'flops' } });
        expect(twice.macs).toBe(2 * once.macs);
        expect(twice.layers.map(({ macs }) => macs)).toEqual(once.layers.map(({ macs }) => 2 * macs));
        expect(twice.parameters).toBe(once.parameters);
      }),
    );
  });

  it('counting more kinds of operations never costs less, and changes no parameters', () => {
    fc.assert(
      fc.property(
        arbitraryArchitecture(),
        conventions,
        fc.constantFrom('batchNorm' as const, 'bias' as const, 'activations' as const),
        (architecture, convention, key) => {
          const off = countNetwork(architecture, { conventions: { ...convention, [key]: false } });
          const on = countNetwork(architecture, { conventions: { ...convention, [key]: true } });
          expect(on.macs).toBeGreaterThanOrEqual(off.macs);
          expect(on.parameters).toBe(off.parameters);
        },
      ),
    );
  });

  it('a larger image costs more and has the same parameters', () => {
    fc.assert(
      fc.property(arbitraryArchitecture(), fc.integer({ min: 2, max: 20 }), (architecture, more) => {
        const small = countNetwork(architecture);
        const large = countNetwork(architecture, { imageSizePx: architecture.imageSizePx + more });
        expect(large.imageSizePx).toBe(architecture.imageSizePx + more);
        expect(large.macs).toBeGreaterThan(small.macs);
        expect(large.controllerMacs).toBe(small.controllerMacs);
        expect(large.parameters).toBe(small.parameters);
      }),
    );
  });
});

describe('countNetwork and countUndivided, errors and references', () => {
  it('count the backbone that a network was divided from, or the network itself', () => {
    const backbone = bottleneckResnet();
    const divided = {
      ...bottleneckResnet({ subBlocks: 2, widths: [38, 76, 153, 307], controller: paperController }),
      undivided: backbone,
    };
    expect(countUndivided(divided)).toEqual(countNetwork(backbone));
    expect(countUndivided(backbone)).toEqual(countNetwork(backbone));
    expect(countUndivided(divided, { imageSizePx: 64 }).imageSizePx).toBe(64);
  });

  it.each([0, -224, 224.5, NaN])('refuse images of %s px', (imageSizePx) => {
    expect(() => countNetwork(mobilenetV2(), { imageSizePx })).toThrow(RangeError);
    expect(() => countUndivided(mobilenetV2(), { imageSizePx })).toThrow(
      `imageSizePx: expected a whole number of pixels, at least 1, got ${imageSizePx}`,
    );
  });

  it('refuse what is no network', () => {
    const network = mobilenetV2();
    expect(() => countNetwork({ ...network, inChannels: NaN })).toThrow(ArchitectureError);
    expect(() => countNetwork({ ...network, head: { ...network.head, inFeatures: 7 } })).toThrow(
      'head.inFeatures: expected the 1280 incoming channels, got 7',
    );
  });

  it('refuse an unknown unit', () => {
    const conventions = { ...paperConventions, unit: 'gflops' } as unknown as Conventions;
    expect(() => countNetwork(mobilenetV2(), { conventions })).toThrow(
      "expected 'macs' or 'flops', got gflops",
    );
  });
});
