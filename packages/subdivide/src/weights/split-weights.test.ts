import { type Architecture, convUnit, placedBlocks, withExits } from '@dmnn/architecture';
import { type Float32Tensor, type NetworkData, WeightsError, variableSpecs } from '@dmnn/weights';
import { describe, expect, it } from 'vitest';
import { basic, blockOf, bottleneck, invertedResidual, networkOf } from '@dmnn/test-networks';
import { subdivide } from '../subdivide.js';
import { calibrateNorms, calibrationSteps } from './calibration-steps.js';
import { type SplitWeightsOptions, splitWeights } from './split-weights.js';

const mutable = (weights: ReadonlyMap<string, Float32Tensor>) => new Map(weights);

/** Every variable of an undivided networkOf, with numbers that tell it and its place. */
function numbered(architecture: Architecture): Map<string, Float32Tensor> {
  const weights = new Map<string, Float32Tensor>();
  const add = (name: string, shape: readonly number[]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const data = Float32Array.from({ length: size }, (_, i) => ((weights.size * 7 + i) % 11) / 10 + 0.1);
    weights.set(name, { dtype: 'F32', shape, data });
  };
  const unit = (path: string, one: ReturnType<typeof convUnit>) => {
    const { kernelSize, inChannels, outChannels, groups } = one;
    add(`${path}.weight`, [kernelSize, kernelSize, inChannels / groups, outChannels]);
    if (one.bias) add(`${path}.bias`, [outChannels]);
    if (!one.batchNorm) return;
    for (const name of ['gamma', 'beta', 'movingMean', 'movingVariance'])
      add(`${path}.${name}`, [outChannels]);
  };
  architecture.stem.units.forEach((one, k) => {
    unit(`stem.unit${k}`, one);
  });
  for (const { block, path } of placedBlocks(architecture)) {
    if (block.shortcut.kind === 'projection') unit(`${path}.shortcut`, block.shortcut.unit);
    block.subBlocks[0]?.units.forEach((one, k) => {
      unit(`${path}.subblock0.unit${k}`, one);
    });
  }
  add('head.linear.weight', [architecture.head.inFeatures, architecture.head.classes]);
  add('head.linear.bias', [architecture.head.classes]);
  return weights;
}

describe('splitWeights', () => {
  it('takes the first convolution’s outputs and the second one’s inputs apart', () => {
    const from = networkOf([basic(2, 4, 2)]);
    const weights = numbered(from);
    const split = splitWeights({
      from: { architecture: from, weights },
      to: subdivide(from, { subBlocks: 2 }),
    }).weights;
    const whole = (name: string) => weights.get(`stage0.block0.subblock0.${name}`)!.data;
    const part = (n: number, name: string) => split.get(`stage0.block0.subblock${n}.${name}`)!;
    for (const n of [0, 1]) {
      const first = part(n, 'unit0.weight');
      expect(first.shape).toEqual([3, 3, 2, 2]);
      expect([...first.data]).toEqual(
        [...whole('unit0.weight')].filter((_, i) => Math.floor((i % 4) / 2) === n),
      );
      const second = part(n, 'unit1.weight');
      expect(second.shape).toEqual([3, 3, 2, 2]);
      expect([...second.data]).toEqual(
        [...whole('unit1.weight')].filter((_, i) => Math.floor((Math.floor(i / 2) % 4) / 2) === n),
      );
      expect([...part(n, 'unit0.movingMean').data]).toEqual([
        ...whole('unit0.movingMean').slice(2 * n, 2 * n + 2),
      ]);
    }
    const sum = (name: string) => [0, 1].map((c) => part(0, name).data[c]! + part(1, name).data[c]!);
    sum('unit1.movingMean').forEach((mean, c) => {
      expect(mean).toBeCloseTo(whole('unit1.movingMean')[c]!, 5);
    });
    sum('unit1.movingVariance').forEach((variance, c) => {
      expect(variance).toBeCloseTo(whole('unit1.movingVariance')[c]!, 5);
    });
  });

  it('orders channels by the variance that they cause, or by given scores', () => {
    const from = networkOf([basic(2, 4, 2)]);
    const weights = numbered(from);
    // the last convolution reads channel c with weights of c + 1, and all channels vary alike
    weights.get('stage0.block0.subblock0.unit0.gamma')!.data.fill(1);
    weights.get('stage0.block0.subblock0.unit0.beta')!.data.fill(0);
    const last = weights.get('stage0.block0.subblock0.unit1.weight')!.data;
    last.forEach((_, i) => (last[i] = (Math.floor(i / 2) % 4) + 1));
    const to = subdivide(from, { subBlocks: 2 });
    const kept = (order: SplitWeightsOptions['order']) => {
      const split = splitWeights({ from: { architecture: from, weights }, to, order }).weights;
      return [0, 1].map((n) => {
        const { data } = split.get(`stage0.block0.subblock${n}.unit1.weight`)!;
        return [data[0], data[2]];
      });
    };
    expect(kept('contiguous')).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(kept('importance')).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect(kept(new Map([['stage0.block0', [5, 0, 1, 5]]]))).toEqual([
      [1, 4],
      [2, 3],
    ]);
    expect(() => kept(new Map([['stage0.block0', [5, 0]]]))).toThrow(
      /^stage0.block0: order: expected scores of the 4 hidden channels, got 2/,
    );
  });

  it('moves shifts to the bias of a block, and adds nothing to them', () => {
    const from = networkOf([basic(2, 4, 2)]);
    const weights = numbered(from);
    const source = { architecture: from, weights };
    const plain = splitWeights({ from: source, to: subdivide(from, { subBlocks: 2 }) }).weights;
    const to = subdivide(from, { subBlocks: 2, blockBias: true });
    const biased = splitWeights({ from: source, to }).weights;
    const beta = (n: number) => `stage0.block0.subblock${n}.unit1.beta`;
    for (const n of [0, 1]) expect([...biased.get(beta(n))!.data]).toEqual([0, 0]);
    biased.get('stage0.block0.bias')!.data.forEach((value, c) => {
      expect(value).toBeCloseTo(plain.get(beta(0))!.data[c]! + plain.get(beta(1))!.data[c]!, 6);
    });
  });

  it('keeps stem, head and shortcuts as they are, and leaves controllers out', () => {
    const from = networkOf([basic(2, 4, 3, 2)]);
    const weights = numbered(from);
    const split = splitWeights({
      from: { architecture: from, weights },
      to: subdivide(from, { subBlocks: 2 }),
    });
    for (const [name, tensor] of weights)
      if (!name.includes('subblock')) expect(split.weights.get(name)).toEqual(tensor);
    expect([...split.weights.keys()].filter((name) => name.includes('controller'))).toEqual([]);
    expect(split.blocks).toEqual([{ path: 'stage0.block0', lostShare: 0 }]);
    expect(split.weights.get('stem.unit0.weight')?.data).not.toBe(weights.get('stem.unit0.weight')?.data);
  });

  it('lets a projection that is new add nothing', () => {
    const from = networkOf([invertedResidual(2, 4, 3, 2)]);
    const to = subdivide(from, { subBlocks: 2 });
    const { weights } = splitWeights({ from: { architecture: from, weights: numbered(from) }, to });
    expect([...weights.get('stage0.block0.shortcut.gamma')!.data]).toEqual([0, 0, 0]);
    expect([...weights.get('stage0.block0.shortcut.movingVariance')!.data]).toEqual([1, 1, 1]);
    expect(weights.has('stage0.block0.shortcut.weight')).toBe(false);
  });

  it('is the whole block with N = 1', () => {
    for (const block of [basic(2, 4, 2), bottleneck(2, 4, 2), invertedResidual(2, 3, 2)]) {
      const from = networkOf([block]);
      const weights = numbered(from);
      const split = splitWeights({
        from: { architecture: from, weights },
        to: subdivide(from, { subBlocks: 1, widths: 'share' }),
      });
      for (const [name, tensor] of weights) expect(split.weights.get(name)).toEqual(tensor);
    }
  });

  it('divides biases of last convolutions without batch norm', () => {
    const last = convUnit(3, 4, 2, { activation: 'none', batchNorm: false, bias: true });
    const from = networkOf([blockOf('basic', [convUnit(3, 2, 4), last])]);
    const weights = numbered(from);
    const split = splitWeights({
      from: { architecture: from, weights },
      to: subdivide(from, { subBlocks: 2 }),
    }).weights;
    const bias = weights.get('stage0.block0.subblock0.unit1.bias')!.data;
    for (const n of [0, 1])
      expect([...split.get(`stage0.block0.subblock${n}.unit1.bias`)!.data]).toEqual([
        ...bias.map((b) => b / 2),
      ]);
  });

  it('says how much of a bottleneck is expected to be lost: half, where all channels mix alike', () => {
    const from = networkOf([bottleneck(4, 8, 4)]);
    const weights = new Map(
      [...numbered(from)].map(([name, one]) => [name, { ...one, data: one.data.map(() => 1) }] as const),
    );
    const lost = (to: Architecture) =>
      splitWeights({ from: { architecture: from, weights }, to }).blocks[0]?.lostShare;
    expect(lost(subdivide(from, { subBlocks: 2, widths: 'share' }))).toBeCloseTo(0.5, 12);
    expect(lost(subdivide(from, { subBlocks: 4, widths: 'share' }))).toBeCloseTo(0.75, 12);
    expect(lost(subdivide(from, { subBlocks: 2, widths: [8] }))).toBe(0);
  });

  it('a network that is given exits keeps its weights; exits are not among them', () => {
    const from = networkOf([basic(2, 4, 2), basic(2, 2, 2)]);
    const weights = numbered(from);
    const to = withExits(from, { exits: [0] });
    const split = splitWeights({ from: { architecture: from, weights }, to });
    expect(split.blocks).toEqual([]);
    expect(new Map(split.weights)).toEqual(new Map(weights));
    const divided = withExits(subdivide(from, { subBlocks: 2 }), { exits: [0] });
    const both = splitWeights({ from: { architecture: from, weights }, to: divided });
    const missing = variableSpecs(divided).filter(({ name }) => !both.weights.has(name));
    expect(missing.every(({ name }) => /exit0|controller/.test(name))).toBe(true);
    expect(() => splitWeights({ from: { architecture: to, weights }, to: divided })).toThrow(
      'which is divided or has exits',
    );
  });

  it('refuses networks and weights that do not fit', () => {
    const from = networkOf([basic(2, 4, 2)]);
    const to = subdivide(from, { subBlocks: 2 });
    const weights = numbered(from);
    const refused =
      (change: Partial<NetworkData & { to: Architecture }>): (() => unknown) =>
      () =>
        splitWeights({ to, ...change, from: { architecture: from, weights, ...change } });
    expect(refused({ architecture: networkOf([basic(2, 6, 2)]) })).toThrow(
      expect.objectContaining({ code: 'DMNN_SUBDIVIDE' }),
    );
    expect(refused({ architecture: networkOf([basic(2, 6, 2)]) })).toThrow(
      /to: expected a network divided from net, got dmnn-net-n2, divided from another net/,
    );
    expect(refused({ to: from })).toThrow(/got net, which is not divided/);
    expect(refused({ architecture: to })).toThrow(/from: expected an undivided network, got dmnn-net-n2/);
    const name = 'stage0.block0.subblock0.unit0.gamma';
    const without = mutable(weights);
    without.delete(name);
    expect(refused({ weights: without })).toThrow(WeightsError);
    expect(refused({ weights: without })).toThrow(
      /stage0\.block0\.subblock0\.unit0\.gamma: expected F32 \[4\], got nothing/,
    );
    const short = mutable(weights).set(name, { dtype: 'F32', shape: [3], data: new Float32Array(3) });
    expect(refused({ weights: short })).toThrow(/gamma: expected F32 \[4\], got F32 \[3\]/);
    const bad = mutable(weights).set(name, { dtype: 'F32', shape: [4], data: Float32Array.of(1, NaN, 1, 1) });
    expect(refused({ weights: bad })).toThrow(/gamma: expected finite numbers, got NaN at index 1/);
    const both = mutable(short).set('head.linear.bias', {
      dtype: 'F32',
      shape: [10],
      data: new Float32Array(10).fill(Infinity),
    });
    expect(refused({ weights: both })).toThrow(
      expect.objectContaining({
        problems: [
          `${name}: expected F32 [4], got F32 [3]`,
          'head.linear.bias: expected finite numbers, got Infinity at index 0',
        ],
      }),
    );
    const negative = mutable(weights).set('stem.unit0.movingVariance', {
      dtype: 'F32',
      shape: [2],
      data: Float32Array.of(-1, 1),
    });
    expect(refused({ weights: negative })).toThrow(
      /stem\.unit0\.movingVariance: expected variances of at least 0, got -1 at index 0/,
    );
    const wide = subdivide(from, { subBlocks: 2, widths: [5] });
    expect(refused({ to: wide })).toThrow(/widths: expected at most the 4 hidden channels .*got 5, 5/);
  });
});

describe('calibrationSteps', () => {
  it('takes the last batch norms of exact splits together, and blocks that mix one after the other', () => {
    const exact = calibrationSteps(subdivide(networkOf([basic(2, 4, 2), basic(2, 4, 2)]), { subBlocks: 2 }));
    expect(exact).toHaveLength(1);
    expect(exact[0]?.sums).toHaveLength(2);
    const mixing = subdivide(networkOf([bottleneck(4, 8, 4)]), { subBlocks: 2, widths: 'share' });
    const path = 'stage0.block0';
    expect(calibrationSteps(mixing)).toEqual([
      {
        sums: [
          { paths: [`${path}.subblock0.unit1`], keep: 'mean' },
          { paths: [`${path}.subblock1.unit1`], keep: 'mean' },
        ],
      },
      { sums: [{ paths: [`${path}.subblock0.unit2`, `${path}.subblock1.unit2`], keep: 'mean' }] },
    ]);
    expect(calibrationSteps(subdivide(networkOf([basic(2, 4, 2)]), { subBlocks: 1 }))).toEqual([]);
  });

  it('changes the step’s batch norms alone, and refuses statistics that are none', () => {
    const from = networkOf([basic(2, 4, 2)]);
    const to = subdivide(from, { subBlocks: 2 });
    const { weights } = splitWeights({ from: { architecture: from, weights: numbered(from) }, to });
    const [step] = calibrationSteps(to);
    const changed = calibrateNorms(step!, weights, weights);
    expect([...changed.keys()].every((name) => /subblock[01]\.unit1\./.test(name))).toBe(true);
    expect(changed.size).toBe(8);
    expect(() => calibrateNorms(step!, weights, new Map())).toThrow(
      /subblock0\.unit1\.movingMean: expected F32 \[2\], got nothing/,
    );
  });
});
