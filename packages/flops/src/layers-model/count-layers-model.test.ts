import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Conventions } from '../conventions.js';
import { countLayerCalls } from './count-layer-calls.js';
import { countLayersModel } from './count-layers-model.js';
import { profiledMacs, rows } from './fixtures/counted.js';
import type { LayersModelLike } from './layers-model-like.js';

const all: Conventions = { unit: 'flops', batchNorm: true, bias: true, activations: true, controllers: true };

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe('countLayersModel, through the graph', () => {
  it('a shared layer costs each call and has its parameters once', () => {
    const shared = tf.layers.dense({ units: 4, name: 'shared' });
    const inputs = [tf.input({ shape: [4], name: 'a' }), tf.input({ shape: [4], name: 'b' })];
    const [a, b] = inputs.map((input) => shared.apply(input) as tf.SymbolicTensor);
    const twice = shared.apply(a!) as tf.SymbolicTensor;
    const outputs = tf.layers.add({ name: 'add' }).apply([twice, b!]) as tf.SymbolicTensor;
    // called once more, outside of this model
    shared.apply(tf.input({ shape: [4] }));
    const model = tf.model({ inputs, outputs });
    expect(rows(model)).toEqual([
      ['shared', 16, 20],
      ['shared', 16, 0],
      ['shared', 16, 0],
      ['add', 0, 0],
    ]);
    expect(countLayersModel(model).parameters).toBe(model.countParams());
  });

  it('a nested model costs what its call has, not what it was built for', async () => {
    const input = tf.input({ shape: [null, null, 2] });
    const conv = tf.layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', name: 'conv' });
    const encoder = tf.model({
      inputs: input,
      outputs: conv.apply(input) as tf.SymbolicTensor,
      name: 'encoder',
    });
    const image = tf.input({ shape: [8, 8, 2] });
    const once = encoder.apply(image) as tf.SymbolicTensor;
    const pooled = tf.layers.maxPooling2d({ poolSize: 2, name: 'pool' }).apply(once) as tf.SymbolicTensor;
    const twice = encoder.apply(pooled) as tf.SymbolicTensor;
    const model = tf.model({ inputs: image, outputs: twice });
    expect(rows(model)).toEqual([
      // 64 pixels · 18·2, 16 pixels · 18·2
      ['encoder/conv', 64 * 36, 38],
      ['pool', 0, 0],
      ['encoder/conv', 16 * 36, 0],
    ]);
    expect(countLayersModel(model).macs).toBe(await profiledMacs(model, [8, 8, 2]));
  });

  it('sequentials in sequentials', () => {
    const inner = tf.sequential({
      layers: [tf.layers.dense({ inputShape: [3], units: 5, name: 'x' })],
      name: 'inner',
    });
    const layers = [tf.layers.dense({ inputShape: [2], units: 3, name: 'w' }), inner];
    const model = tf.sequential({ layers: [...layers, tf.layers.dense({ units: 2, name: 'y' })] });
    expect(rows(model)).toEqual([
      ['w', 6, 9],
      ['inner/x', 15, 20],
      ['y', 10, 12],
    ]);
  });

  it('layers with several outputs, and outputs that are used twice', () => {
    const input = tf.input({ shape: [6, 4] });
    const lstm = tf.layers.lstm({ units: 3, returnState: true, name: 'lstm' });
    const [sequence, , cell] = lstm.apply(input) as tf.SymbolicTensor[];
    const sum = tf.layers.add({ name: 'add' }).apply([sequence!, cell!]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: [sum, cell!] });
    expect(rows(model)).toEqual([
      ['lstm', 504, 96],
      ['add', 0, 0],
    ]);
  });

  it('only what leads to the outputs', () => {
    const input = tf.input({ shape: [4] });
    const used = tf.layers.dense({ units: 2, name: 'used' }).apply(input) as tf.SymbolicTensor;
    tf.layers.dense({ units: 9, name: 'unused' }).apply(used);
    expect(rows(tf.model({ inputs: input, outputs: used })).map((row) => (row as unknown[])[0])).toEqual([
      'used',
    ]);
  });
});

describe('countLayersModel, conventions', () => {
  it('FLOPs are twice the multiply–accumulates, whatever is counted', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [5, 5, 2], filters: 3, kernelSize: 3, activation: 'relu' }),
        tf.layers.batchNormalization(),
        tf.layers.maxPooling2d({ poolSize: 3 }),
      ],
    });
    const flops = countLayersModel(model, { conventions: all });
    const macs = countLayersModel(model, { conventions: { ...all, unit: 'macs' } });
    expect(flops.macs).toBe(2 * macs.macs);
    // 9·3·18 · 2; 27 biases and 27 comparisons; 2·27; 8·3
    expect(flops.layers.map((layer) => layer.macs)).toEqual([972 + 54, 54, 24]);
    expect(flops.conventions).toBe(all);
  });
});

/** A layer of someone else's. */
class Twice extends tf.layers.Layer {
  static className = 'Twice';
  override build(): void {
    this.addWeight('factor', [3], 'float32', tf.initializers.ones());
    this.built = true;
  }
  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }
}

describe('countLayersModel, layers it does not know', () => {
  const model = (): tf.LayersModel => {
    const input = tf.input({ shape: [4, 3] });
    const twice = new Twice({ name: 'twice' }).apply(input) as tf.SymbolicTensor;
    const outputs = tf.layers.dense({ units: 2, name: 'dense' }).apply(twice) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs });
  };

  it('are listed, with their parameters', () => {
    const count = countLayersModel(model());
    expect(count.unknown).toEqual([{ path: 'twice', className: 'Twice', outShape: [4, 3], parameters: 3 }]);
    expect(count.layers.map(({ path }) => path)).toEqual(['dense']);
    expect(count).toMatchObject({ macs: 24, parameters: 3 + 8 });
  });

  it('can be counted by a counter that is passed', () => {
    const count = countLayersModel(model(), {
      counters: {
        Twice: ({ className, name, inputShapes, outputShapes, weightShapes, config }) => {
          expect([className, name, inputShapes, outputShapes, weightShapes]).toEqual([
            'Twice',
            'twice',
            [[4, 3]],
            [[4, 3]],
            [[3]],
          ]);
          expect(config).toMatchObject({ name: 'twice' });
          return { macs: 12 };
        },
      },
    });
    expect(count).toMatchObject({ macs: 12 + 24, unknown: [] });
  });

  it('a counter that is passed comes before the built-in one, and may pass too', () => {
    const counters = {
      Dense: () => ({ macs: 1, biasOperations: undefined as unknown as number }),
      Twice: () => undefined,
    };
    expect(countLayersModel(model(), { counters })).toMatchObject({ macs: 1, unknown: [{ path: 'twice' }] });
  });

  it('recurrent convolutions are among them', () => {
    const layer = tf.layers.convLstm2d({ inputShape: [2, 4, 4, 1], filters: 2, kernelSize: 3 });
    expect(countLayersModel(tf.sequential({ layers: [layer] })).unknown).toMatchObject([
      { className: 'ConvLSTM2D' },
    ]);
  });

  it('names of object members are no classes', () => {
    class constructor_ extends Twice {
      static override className = 'constructor';
    }
    const input = tf.input({ shape: [2] });
    const outputs = new constructor_({ name: 'odd' }).apply(input) as tf.SymbolicTensor;
    expect(countLayersModel(tf.model({ inputs: input, outputs })).unknown).toMatchObject([
      { className: 'constructor' },
    ]);
  });

  it('an unknown activation makes a layer unknown', () => {
    const dense = tf.layers.dense({ units: 2, inputShape: [3] });
    const lstm = tf.layers.lstm({ units: 2, inputShape: [3, 4] });
    const act = tf.layers.activation({ activation: 'relu', inputShape: [3] });
    const product = tf.layers.dot({ axes: 1 });
    for (const layer of [dense, lstm, act]) {
      const sequential = tf.sequential({ layers: [layer] });
      const config = layer.getConfig();
      layer.getConfig = () => ({ ...config, activation: 'squircle' });
      expect(countLayersModel(sequential).unknown).toHaveLength(1);
    }
    const inputs = [tf.input({ shape: [7] }), tf.input({ shape: [7] })];
    const outputs = product.apply(inputs) as tf.SymbolicTensor;
    product.getConfig = () => ({ axes: 'all' });
    expect(countLayersModel(tf.model({ inputs, outputs })).unknown).toMatchObject([{ className: 'Dot' }]);
  });

  it.each([NaN, -1, Infinity, '12'])('refuses a counter that says %s', (macs) => {
    const counters = { Twice: () => ({ macs: macs as number }) };
    expect(() => countLayersModel(model(), { counters })).toThrow(RangeError);
    expect(() => countLayersModel(model(), { counters })).toThrow(
      'counters.Twice of layer twice: expected macs to be a finite number >= 0, got',
    );
  });
});

describe('countLayersModel, sizes and errors', () => {
  const open = (): tf.LayersModel =>
    tf.sequential({
      layers: [
        tf.layers.conv2d({
          inputShape: [null, null, 3],
          filters: 2,
          kernelSize: 3,
          name: 'conv',
        }),
      ],
    });

  it('takes the size of an input that the model leaves open', () => {
    expect(countLayersModel(open(), { inputShapes: [[5, 6, 3]] }).macs).toBe(3 * 4 * 54);
    expect(countLayersModel(open(), { inputShapes: [[9, 9, 3]] }).macs).toBe(7 * 7 * 54);
  });

  it('says so where it needs one', () => {
    expect(() => countLayersModel(open())).toThrow(RangeError);
    expect(() => countLayersModel(open())).toThrow(
      /inputShapes\[0\] \(input conv_input\): expected whole numbers that fit \[null, null, 3\] \(null: any\), got \[null, null, 3\]/,
    );
  });

  it.each([[[5, 5, 4]], [[5, 5]], [[5, NaN, 3]], [[5, 0, 3]], [[1, 5, 5, 3]], [[5, 2.5, 3]]])(
    'refuses the input shape %j',
    (shape) => {
      expect(() => countLayersModel(open(), { inputShapes: [shape] })).toThrow(
        `got [${shape.join(', ')}]. Pass inputShapes without the batch.`,
      );
    },
  );

  it('refuses maps without pixels, and names every layer that has one', () => {
    const conv = (name: string, inputShape?: (number | null)[]) =>
      tf.layers.conv2d({
        name,
        filters: 3,
        kernelSize: 7,
        padding: 'valid',
        ...(inputShape && { inputShape }),
      });
    const model = tf.sequential({
      layers: [conv('one', [null, null, 3]), conv('two'), conv('three')],
    });
    const counting = (size: number) => () => countLayersModel(model, { inputShapes: [[size, size, 3]] });
    expect(counting(8)).toThrow(RangeError);
    // The second is the first without pixels: 8 − 6 = 2, 2 − 6 = −4, −4 − 6 = −10. That the third is named, as the case
    // asks, is right of the input counted as a layer, or of the last map; so the first is named, and every one after it.
    expect(counting(8)).toThrow(
      'layer two: expected a map of at least 1 pixel, got [-4, -4, 3] from [2, 2, 3], and after it layer three [-10, -10, 3]. Pass larger inputShapes.',
    );
    // 0 is not a size either
    expect(counting(18)).toThrow(
      /^layer three: expected a map of at least 1 pixel, got \[0, 0, 3\] from \[6, 6, 3\]\. Pass/,
    );
    expect(counting(19)().macs).toBe((13 * 13 + 7 * 7 + 1) * 49 * 9);
  });

  it('refuses a window of pooling that is larger than its map', () => {
    const model = tf.sequential({
      layers: [tf.layers.maxPooling2d({ name: 'pool', inputShape: [null, null, 3], poolSize: 4 })],
    });
    expect(() => countLayersModel(model, { inputShapes: [[3, 9, 3]] })).toThrow(
      /^layer pool: expected a map of at least 1 pixel, got \[0, 2, 3\] from \[3, 9, 3\]/,
    );
  });

  it('refuses as many shapes as there are no inputs', () => {
    expect(() => countLayersModel(open(), { inputShapes: [] })).toThrow(
      'inputShapes: expected 1, one for each input, got 0',
    );
  });

  it('names the layer whose size is lost on the way', () => {
    class Lost extends Twice {
      static override className = 'Lost';
      override computeOutputShape(): tf.Shape {
        return [null, null, 3];
      }
    }
    const input = tf.input({ shape: [4, 3] });
    const outputs = new Lost({ name: 'lost' }).apply(input) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs });
    expect(() => countLayersModel(model)).toThrow(
      'layer lost: expected a known size on every axis, got null',
    );
  });

  it('refuses what is no built model', () => {
    const unbuilt = tf.sequential();
    expect(() => countLayersModel(unbuilt)).toThrow(TypeError);
    expect(() => countLayersModel({} as LayersModelLike)).toThrow('model: expected a built tf.LayersModel');
  });

  it('leaves no tensors behind', () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [3], units: 2 })] });
    const before = tf.memory().numTensors;
    countLayersModel(model);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('countLayerCalls', () => {
  it('says where tensors come from, across nested models and shared layers', () => {
    const inner = tf.input({ shape: [4, 4, 2] });
    const twice = tf.layers.conv2d({ filters: 2, kernelSize: 1, name: 'twice' });
    const nested = tf.model({
      inputs: inner,
      outputs: twice.apply(twice.apply(inner)) as tf.SymbolicTensor,
      name: 'nested',
    });
    const image = tf.input({ shape: [4, 4, 2] });
    const path = nested.apply(image) as tf.SymbolicTensor;
    const sum = tf.layers.add({ name: 'sum' }).apply([image, path]) as tf.SymbolicTensor;
    const { calls, outputs } = countLayerCalls(tf.model({ inputs: image, outputs: [sum, path] }));
    expect(calls.map(({ path, macs, parameters, sources }) => [path, macs, parameters, sources])).toEqual([
      ['nested/twice', 64, 6, [{ kind: 'input', index: 0 }]],
      ['nested/twice', 64, 0, [{ kind: 'call', call: 0, output: 0 }]],
      [
        'sum',
        0,
        0,
        [
          { kind: 'input', index: 0 },
          { kind: 'call', call: 1, output: 0 },
        ],
      ],
    ]);
    expect(outputs).toEqual([
      { kind: 'call', call: 2, output: 0 },
      { kind: 'call', call: 1, output: 0 },
    ]);
  });
});
