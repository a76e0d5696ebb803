import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Conventions } from '../conventions.js';
import { countLayersModel } from '../layers-model/count-layers-model.js';
import { countGraphModel } from './count-graph-model.js';
import { convertedModel } from './fixtures/converted-model.js';

type Attributes = Record<string, unknown>;
interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Attributes;
}

const all: Conventions = { unit: 'flops', batchNorm: true, bias: true, activations: true, controllers: true };
// as a list of characters, which the converter's reader takes as well as base64
const codes = (value: string) => Array.from(value, (character) => character.charCodeAt(0));
const text = (value: string) => ({ s: codes(value) });
const ints = (...values: number[]) => ({ list: { i: values.map(String) } });
const texts = (...values: string[]) => ({ list: { s: values.map(codes) } });
const float = { type: 'DT_FLOAT' };
const map = { T: float, data_format: text('NHWC'), dilations: ints(1, 1, 1, 1) };
const same = { ...map, strides: ints(1, 1, 1, 1), padding: text('SAME') };
const valid = (stride: number) => ({ ...map, strides: ints(1, stride, stride, 1), padding: text('VALID') });

/** A graph model of these nodes, from `x`; `weights` are zeros of a shape, or whole numbers. */
async function graphModel(
  input: number[],
  weights: Record<
    string,
    readonly number[] | { readonly numbers: readonly number[]; readonly shape?: number[] }
  >,
  ...nodes: NodeDef[]
): Promise<tf.GraphModel> {
  const constants = Object.entries(weights).map(([name, weight]) => {
    const tensor =
      'numbers' in weight
        ? { dtype: 'int32' as const, shape: weight.shape ?? [weight.numbers.length], data: Int32Array.from(weight.numbers) }
        : { dtype: 'float32' as const, shape: [...weight], data: new Float32Array(weight.reduce((a, b) => a * b, 1)) };
    return { name, ...tensor };
  }); // prettier-ignore
  const dim = [-1, ...input].map((size) => ({ size: String(size) }));
  const modelTopology = {
    node: [
      ...constants.map(({ name, dtype, shape }) => {
        const type = dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT';
        const tensorShape = { dim: shape.map((size) => ({ size: String(size) })) };
        return {
          name,
          op: 'Const',
          attr: { dtype: { type }, value: { tensor: { dtype: type, tensorShape } } },
        };
      }),
      { name: 'x', op: 'Placeholder', attr: { dtype: float, shape: { shape: { dim } } } },
      ...nodes,
    ],
    versions: { producer: 1 },
    library: {},
  };
  return tf.loadGraphModel({
    load: () =>
      Promise.resolve({
        modelTopology,
        weightSpecs: constants.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
        weightData: joined(constants.map(({ data }) => data)),
        format: 'graph-model',
      }),
  }); // prettier-ignore
}

/** The model of fixtures/converted-model.ts; its weights are zeros, and the shape of flatten. */
function converted(): Promise<tf.GraphModel> {
  const { weights, ...model } = convertedModel as unknown as Converted;
  const data = weights.map(({ shape, dtype }) =>
    dtype === 'int32'
      ? Int32Array.of(-1, 2048)
      : new Float32Array(shape.reduce((a: number, b: number) => a * b, 1)),
  );
  return tf.loadGraphModel({
    load: () =>
      Promise.resolve({
        ...model,
        weightSpecs: weights,
        weightData: joined(data),
        format: 'graph-model',
      }),
  });
}

interface Converted {
  readonly modelTopology: object;
  readonly signature: object;
  readonly weights: tf.io.WeightsManifestEntry[];
}

function joined(arrays: readonly (Float32Array | Int32Array)[]): ArrayBuffer {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer), at);
    at += byteLength;
  }
  return bytes.buffer;
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('countGraphModel', () => {
  it('counts a converted model as the layers model that it was', async () => {
    const count = countGraphModel(await converted());
    // 32·32·8·27; 16·16·8·9; 2048·10
    expect(
      count.layers.filter(({ macs }) => macs > 0).map(({ className, macs }) => [className, macs]),
    ).toEqual([
      ['Conv2D', 221_184],
      ['FusedDepthwiseConv2dNative', 18_432],
      ['MatMul', 20_480],
    ]);
    expect([count.macs, count.unknown]).toEqual([260_096, []]);
    expect(count.parameters).toBe(216 + 72 + 20_480);

    const layers = tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [32, 32, 3],
          filters: 8,
          kernelSize: 3,
          padding: 'same',
          useBias: false,
        }),
        tf.layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same', useBias: false }),
        tf.layers.flatten({}),
        tf.layers.dense({ units: 10, useBias: false }),
      ],
    });
    expect(countLayersModel(layers).macs).toBe(count.macs);
  });

  it('infers sizes from the input’s', async () => {
    const model = await graphModel(
      [-1, -1, 3],
      { k: [3, 3, 3, 4], axes: { numbers: [1, 2] }, w: [4, 10] },
      { name: 'conv', op: 'Conv2D', input: ['x', 'k'], attr: valid(2) },
      { name: 'mean', op: 'Mean', input: ['conv', 'axes'], attr: { T: float, keep_dims: { b: false } } },
      { name: 'fc', op: 'MatMul', input: ['mean', 'w'], attr: { T: float } },
    );
    // 7·7·4·27 + 40; 15·15·4·27 + 40
    expect(countGraphModel(model, { inputShapes: [[15, 16, 3]] }).macs).toBe(7 * 7 * 108 + 40);
    expect(countGraphModel(model, { inputShapes: [[32, 32, 3]] }).macs).toBe(15 * 15 * 108 + 40);
    expect(() => countGraphModel(model)).toThrow(/inputShapes\[0\] \(input x\): .*fit \[any, any, 3\]/);
    expect(() => countGraphModel(model, { inputShapes: [[32, 32, 4]] })).toThrow(RangeError);
    expect(() => countGraphModel(model, { inputShapes: [] })).toThrow('inputShapes: expected 1');
  });

  it('counts fused and unfused nodes alike', async () => {
    const weights = {
      k: [3, 3, 3, 4],
      b: [4],
      d: [3, 3, 4, 2],
      e: [8],
      w: [8, 5],
      c: [5],
      axes: { numbers: [1, 2] },
    };
    const mean = { name: 'mean', op: 'Mean', attr: { T: float, keep_dims: { b: false } } };
    const unfused = await graphModel(
      [8, 8, 3],
      weights,
      { name: 'conv', op: 'Conv2D', input: ['x', 'k'], attr: same },
      { name: 'bias', op: 'BiasAdd', input: ['conv', 'b'], attr: { T: float } },
      { name: 'relu', op: 'Relu6', input: ['bias'], attr: { T: float } },
      { name: 'dw', op: 'DepthwiseConv2dNative', input: ['relu', 'd'], attr: valid(1) },
      { name: 'dwbias', op: 'BiasAdd', input: ['dw', 'e'], attr: { T: float } },
      { ...mean, input: ['dwbias', 'axes'] },
      { name: 'fc', op: 'MatMul', input: ['mean', 'w'], attr: { T: float } },
      { name: 'out', op: 'BiasAdd', input: ['fc', 'c'], attr: { T: float } },
    );
    const fused = await graphModel(
      [8, 8, 3],
      weights,
      { name: 'conv', op: '_FusedConv2D', input: ['x', 'k', 'b'], attr: { ...same, num_args: { i: '1' }, fused_ops: texts('BiasAdd', 'Relu6') } },
      { name: 'dw', op: 'FusedDepthwiseConv2dNative', input: ['conv', 'd', 'e'], attr: { ...valid(1), num_args: { i: '1' }, fused_ops: texts('BiasAdd') } },
      { ...mean, input: ['dw', 'axes'] },
      { name: 'fc', op: '_FusedMatMul', input: ['mean', 'w', 'c'], attr: { T: float, num_args: { i: '1' }, fused_ops: texts('BiasAdd') } },
    ); // prettier-ignore
    const [one, two] = [unfused, fused].map((model) => countGraphModel(model));
    expect([one?.unknown, two?.unknown]).toEqual([[], []]);
    expect(one?.macs).toBe(64 * 108 + 36 * 8 * 9 + 40);
    expect(two?.macs).toBe(one?.macs);
    expect(one?.parameters).toBe(108 + 4 + 72 + 8 + 40 + 5);
    expect(two?.parameters).toBe(one?.parameters);
    const inFull = [unfused, fused].map((model) => countGraphModel(model, { conventions: all }).macs);
    expect(inFull[0]).toBe(inFull[1]);
  });

  it('counts transposed convolutions, whose size another node computes', async () => {
    const model = await graphModel(
      [4, 4, 6],
      { k: [3, 3, 2, 6], from: { numbers: [0] }, to: { numbers: [1] }, step: { numbers: [1] }, h: { numbers: [9], shape: [] }, c: { numbers: [2], shape: [] } },
      { name: 'shape', op: 'Shape', input: ['x'], attr: { T: float } },
      { name: 'batch', op: 'StridedSlice', input: ['shape', 'from', 'to', 'step'], attr: { shrink_axis_mask: { i: '1' } } },
      { name: 'size', op: 'Pack', input: ['batch', 'h', 'h', 'c'], attr: { axis: { i: '0' } } },
      { name: 'up', op: 'Conv2DBackpropInput', input: ['size', 'k', 'x'], attr: valid(2) },
    ); // prettier-ignore
    const { layers, macs, unknown } = countGraphModel(model);
    expect(unknown).toEqual([]);
    expect(macs).toBe(16 * 9 * 2 * 6); // each weight once at each position of the input
    expect(layers.at(-1)?.outShape).toEqual([9, 9, 2]);
  });

  it('counts groups, batches of matrices and Einstein sums', async () => {
    const grouped = await graphModel(
      [8, 8, 8],
      { k: [3, 3, 2, 8] },
      { name: 'conv', op: 'Conv2D', input: ['x', 'k'], attr: same },
    );
    expect(countGraphModel(grouped).macs).toBe(64 * 8 * 9 * 2);
    const attention = await graphModel(
      [2, 7, 16],
      { w: [16, 4, 3] },
      { name: 'scores', op: 'BatchMatMulV2', input: ['x', 'x'], attr: { T: float, adj_x: { b: false }, adj_y: { b: true } } },
      { name: 'soft', op: 'Softmax', input: ['scores'], attr: { T: float } },
      { name: 'values', op: 'BatchMatMulV2', input: ['soft', 'x'], attr: { T: float } },
      { name: 'heads', op: 'Einsum', input: ['values', 'w'], attr: { T: float, N: { i: '2' }, equation: text('abcd,dhk->abchk') } },
    ); // prettier-ignore
    const { macs, layers, unknown } = countGraphModel(attention);
    expect(unknown).toEqual([]);
    expect(macs).toBe(2 * 7 * 7 * 16 + 2 * 7 * 16 * 7 + 2 * 7 * 16 * 4 * 3);
    expect(layers.at(-1)?.outShape).toEqual([2, 7, 4, 3]);
  });

  it('follows dilated convolutions through their blocks', async () => {
    const model = await graphModel(
      [9, 9, 2],
      { k: [3, 3, 2, 2], block: { numbers: [2, 2] }, pads: { numbers: [2, 3, 2, 3], shape: [2, 2] }, crops: { numbers: [0, 1, 0, 1], shape: [2, 2] } },
      { name: 'apart', op: 'SpaceToBatchND', input: ['x', 'block', 'pads'], attr: { T: float } },
      { name: 'conv', op: 'Conv2D', input: ['apart', 'k'], attr: valid(1) },
      { name: 'whole', op: 'BatchToSpaceND', input: ['conv', 'block', 'crops'], attr: { T: float } },
    ); // prettier-ignore
    const { macs, layers } = countGraphModel(model);
    expect(layers.at(-1)?.outShape).toEqual([9, 9, 2]);
    expect(macs).toBe(4 * 5 * 5 * 2 * 18); // what runs: four images of 5·5 positions
  });

  it('lists what it does not know, and what follows from it', async () => {
    const model = await graphModel(
      [8, 8, 3],
      { k: [3, 3, 3, 4], w: [8, 5] },
      { name: 'conv', op: 'Conv2D', input: ['x', 'k'], attr: same },
      { name: 'mystery', op: 'Mystery', input: ['conv'], attr: {} },
      { name: 'fc', op: 'MatMul', input: ['mystery', 'w'], attr: { T: float } },
    );
    const { macs, unknown, parameters } = countGraphModel(model);
    expect(macs).toBe(64 * 108);
    expect(unknown.map(({ path, className }) => [path, className])).toEqual([
      ['mystery', 'Mystery'],
      ['fc', 'MatMul'],
    ]);
    expect(parameters).toBe(108 + 40);
    const { unknown: left } = countGraphModel(model, { counters: { Mystery: () => ({ macs: 7 }) } });
    expect(left.map(({ path }) => path)).toEqual(['fc']);
    expect(() => countGraphModel(model, { counters: { Mystery: () => ({ macs: -7 }) } })).toThrow(RangeError);
  });

  it('counts only what leads to an output, and shared weights once', async () => {
    const model = await graphModel(
      [8, 8, 4],
      { k: [3, 3, 4, 4] },
      { name: 'a', op: 'Conv2D', input: ['x', 'k'], attr: same },
      { name: 'b', op: 'Conv2D', input: ['a', 'k'], attr: same },
    );
    expect(countGraphModel(model)).toMatchObject({ macs: 2 * 64 * 144, parameters: 144 });
  });

  it('refuses maps without pixels, and names every node that has one', async () => {
    const attr = valid(1);
    const model = await graphModel(
      [-1, -1, 3],
      { k: [7, 7, 3, 3] },
      { name: 'one', op: 'Conv2D', input: ['x', 'k'], attr },
      { name: 'two', op: 'Conv2D', input: ['one', 'k'], attr },
      { name: 'three', op: 'Conv2D', input: ['two', 'k'], attr },
    );
    expect(() => countGraphModel(model, { inputShapes: [[8, 8, 3]] })).toThrow(
      /^layer two \(Conv2D\): expected a map of at least 1 pixel, got \[-4, -4, 3\] from \[2, 2, 3\], and after it layer three \[-10, -10, 3\]\. Pass larger inputShapes\.$/,
    );
    expect(() => countGraphModel(model, { inputShapes: [[18, 18, 3]] })).toThrow(
      /^layer three \(Conv2D\): expected a map of at least 1 pixel, got \[0, 0, 3\] from \[6, 6, 3\]\. Pass/,
    );
    expect(countGraphModel(model, { inputShapes: [[19, 19, 3]] }).layers.at(-1)?.outShape).toEqual([1, 1, 3]);
  });

  it('takes no other model, and the other function no graph model', async () => {
    for (const model of [undefined, null, {}, 7, tf.sequential()])
      expect(() => countGraphModel(model as never)).toThrow(/^model: expected a loaded tf\.GraphModel/);
    const model = await converted();
    expect(() => countLayersModel(model as never)).toThrow(
      /got a tf\.GraphModel\. Count it with countGraphModel/,
    );
  });
});
