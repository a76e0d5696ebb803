import { placedBlocks } from '@dmnn/architecture';
import { likeliest } from '@dmnn/gating';
import { createNetwork } from '@dmnn/network';
import { DynamicSession, exportOnnx } from '@dmnn/onnx';
import { maxAbsoluteDifference } from '@dmnn/test-kit';
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import { fillWeights, gatedResnet, variedImages } from '../fixtures/gated-resnet.js';
import { kerasCase, prepared } from '../fixtures/keras-case.js';
import { type ModelAsNetwork, dynamicBlocks, kerasModel, networkDataOf, registerLayers } from '../index.js';

const applied = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor =>
  layer.apply(x) as tf.SymbolicTensor;

/** A model without its softmax, which shares its layers. */
function logitsOf(model: tf.LayersModel, images: tf.Tensor4D): Float32Array {
  const head = model.layers.at(-1) as tf.layers.Layer;
  const features = tf.model({ inputs: model.inputs, outputs: head.input });
  const [kernel, bias] = head.getWeights() as [tf.Tensor2D, tf.Tensor1D];
  return tf.add(tf.matMul(features.predict(images) as tf.Tensor2D, kernel), bias).dataSync() as Float32Array;
}

/** The largest difference of two images' logits from those of a model without a softmax, as a share of the largest logit. */
function differenceFrom(
  model: tf.LayersModel,
  { architecture, weights }: Pick<ModelAsNetwork, 'architecture' | 'weights'>,
  sizePx: number,
): number {
  const images = tf.randomNormal<tf.Rank.R4>([2, sizePx, sizePx, 3], 0, 1, 'float32', 3);
  const expected = (model.predict(images) as tf.Tensor).dataSync() as Float32Array;
  const { logits } = createNetwork(architecture, { seed: 1, weights }).forward(images, {
    policy: likeliest,
    statistics: 'moving',
    execution: 'masked',
  });
  return maxAbsoluteDifference(logits.dataSync(), expected) / Math.max(...expected.map(Math.abs));
}

describe('networkDataOf', () => {
  it.each([8, 10])(
    'runs skipping, and in ONNX Runtime, with the logits and gates of the model, at %i px',
    async (sizePx) => {
      const model = gatedResnet({ sizePx });
      fillWeights(model);
      const data = networkDataOf(model, { name: 'mine' });
      expect(data.passedOver).toEqual([
        `${String(model.layers.at(-1)?.name)}: softmax; the network returns logits`,
      ]);
      const images = variedImages(6, sizePx);
      const expected = logitsOf(model, images);
      const largest = Math.max(...expected.map(Math.abs));
      const { gates } = await dynamicBlocks(model).ran(images);
      expect(new Set(gates.flat(2)).size).toBe(2);

      const network = createNetwork(data.architecture, { seed: 1, weights: data.weights });
      for (const execution of ['masked', 'skipping'] as const) {
        const pass = network.forward(images, { policy: likeliest, statistics: 'moving', execution });
        expect(maxAbsoluteDifference(pass.logits.dataSync(), expected) / largest).toBeLessThan(1e-5);
        expect(pass.gates.map((block) => block.arraySync())).toEqual(gates);
      }

      const session = await DynamicSession.create(exportOnnx(data));
      for (let b = 0; b < 6; b++) {
        const pixels = tf.slice(images, [b, 0, 0, 0], [1, -1, -1, -1]);
        const values = pixels.dataSync() as Float32Array;
        const { logits, gates: open } = await session.run(values);
        expect(maxAbsoluteDifference(logits, expected.slice(3 * b, 3 * b + 3)) / largest).toBeLessThan(1e-4);
        expect(open.map((block) => block.map(Number))).toEqual(gates.map((block) => block[b]));
      }
      await session.close();
    },
  );

  it('reads undivided blocks of Keras form: bottlenecks, a pooled stem, biases before batch norms', () => {
    const image = tf.input({ shape: [16, 16, 3] });
    const unit = (x: tf.SymbolicTensor, filters: number, kernelSize: number, strides = 1, relu = true) => {
      const convolution = tf.layers.conv2d({
        filters,
        kernelSize,
        strides,
        padding: strides > 1 && kernelSize > 1 ? 'valid' : 'same',
      });
      const y = applied(tf.layers.batchNormalization({ epsilon: 1.001e-5 }), applied(convolution, x));
      return relu ? applied(tf.layers.activation({ activation: 'relu' }), y) : y;
    };
    let x = unit(applied(tf.layers.zeroPadding2d({ padding: 3 }), image), 4, 7, 2);
    x = applied(
      tf.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
      applied(
        tf.layers.zeroPadding2d({
          padding: [
            [1, 1],
            [1, 1],
          ],
        }),
        x,
      ),
    );
    for (const [strides, filters] of [
      [1, 4],
      [1, 4],
      [2, 8],
    ] as const) {
      const shortcut =
        strides === 2 || x.shape[3] !== filters * 4 ? unit(x, filters * 4, 1, strides, false) : x;
      const path = unit(unit(unit(x, filters, 1, strides), filters, 3), filters * 4, 1, 1, false);
      x = applied(tf.layers.activation({ activation: 'relu' }), applied(tf.layers.add(), [shortcut, path]));
    }
    const mean = applied(tf.layers.dropout({ rate: 0.5 }), applied(tf.layers.globalAveragePooling2d({}), x));
    const model = tf.model({ inputs: image, outputs: applied(tf.layers.dense({ units: 3 }), mean) });
    fillWeights(model);
    const { architecture, weights, passedOver } = networkDataOf(model);
    expect(passedOver).toEqual([]);
    expect(architecture.stem.pool).toEqual({ kernelSize: 3, stride: 2, padding: 1 });
    expect(architecture.stages.map(({ blocks }) => blocks.map(({ kind }) => kind))).toEqual([
      ['bottleneck', 'bottleneck'],
      ['bottleneck'],
    ]);
    expect(differenceFrom(model, { architecture, weights }, 16)).toBeLessThan(1e-5);
  });

  it.each(['mobilenet 32 json', 'mobilenet 33 json', 'resnet json', 'resnet json of keras 2'])(
    'reads a model of Keras as it was built, with the logits of Keras: %s',
    async (name) => {
      registerLayers(tf);
      const { sizePx, logits, artifacts } = kerasCase(name);
      const model = await tf.loadLayersModel(kerasModel({ load: () => Promise.resolve(artifacts) }));
      const { architecture, weights, passedOver } = networkDataOf(model);
      expect(passedOver).toHaveLength(1); // the softmax
      const units = placedBlocks(architecture).flatMap(({ block }) => block.subBlocks[0]?.units ?? []);
      const isMobile = name.startsWith('mobilenet');
      expect(new Set([...architecture.stem.units, ...units].map(({ epsilon }) => epsilon))).toEqual(
        new Set([isMobile ? 1e-3 : 1.001e-5]),
      );
      expect(new Set(architecture.stages.flatMap(({ blocks }) => blocks.map(({ kind }) => kind)))).toEqual(
        new Set([isMobile ? 'inverted-residual' : 'bottleneck']),
      );
      const strided = units.find(({ stride, kernelSize }) => stride === 2 && kernelSize === 3);
      if (isMobile) {
        // of an odd map one pixel on each side
        expect(strided?.padding).toEqual(sizePx % 2 === 0 ? { top: 0, bottom: 1, left: 0, right: 1 } : 1);
        expect(
          architecture.stages.flatMap(({ blocks }) => blocks.map(({ shortcut }) => shortcut.kind)),
        ).toEqual(expect.arrayContaining(['identity', 'none']));
      }
      const images = tf.tensor4d(prepared(sizePx, isMobile), [1, sizePx, sizePx, 3]);
      const network = createNetwork(architecture, { seed: 1, weights });
      const pass = network.forward(images, { policy: likeliest, statistics: 'moving', execution: 'masked' });
      const largest = Math.max(...logits.map(Math.abs));
      expect(maxAbsoluteDifference(pass.logits.dataSync(), logits) / largest).toBeLessThan(1e-4);
    },
  );

  it.each([false, true])('reads inverted residuals without a shortcut; a sum after them: %s', (hasSum) => {
    const image = tf.input({ shape: [9, 9, 3] });
    const norm = (x: tf.SymbolicTensor) => applied(tf.layers.batchNormalization(), x);
    const relu6 = (x: tf.SymbolicTensor) => applied(tf.layers.reLU({ maxValue: 6 }), norm(x));
    const depthwise = (x: tf.SymbolicTensor, strides: number) => {
      const padded =
        strides === 1
          ? x
          : applied(
              tf.layers.zeroPadding2d({
                padding: [
                  [0, 1],
                  [1, 0],
                ],
              }),
              x,
            );
      const padding = strides === 1 ? 'same' : 'valid';
      return relu6(applied(tf.layers.depthwiseConv2d({ kernelSize: 3, strides, padding }), padded));
    };
    const narrow = (x: tf.SymbolicTensor, filters: number) =>
      norm(applied(tf.layers.conv2d({ filters, kernelSize: 1 }), x));
    let x = relu6(applied(tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }), image));
    x = narrow(depthwise(x, 2), 6);
    x = narrow(depthwise(relu6(applied(tf.layers.conv2d({ filters: 8, kernelSize: 1 }), x)), 1), 5);
    if (hasSum) x = applied(tf.layers.add(), [x, narrow(depthwise(x, 1), 5)]);
    x = relu6(applied(tf.layers.conv2d({ filters: 7, kernelSize: 1 }), x));
    const mean = applied(tf.layers.globalAveragePooling2d({}), x);
    const model = tf.model({ inputs: image, outputs: applied(tf.layers.dense({ units: 3 }), mean) });
    fillWeights(model);
    const { architecture, weights } = networkDataOf(model);
    const blocks = architecture.stages.flatMap((stage) => stage.blocks);
    expect(blocks.map(({ shortcut }) => shortcut.kind)).toEqual([
      'none',
      'none',
      ...(hasSum ? ['identity'] : []),
    ]);
    expect(architecture.head.units).toHaveLength(1);
    expect(blocks[0]?.subBlocks[0]?.units[0]?.padding).toEqual({ top: 0, bottom: 1, left: 1, right: 0 });
    expect(differenceFrom(model, { architecture, weights }, 9)).toBeLessThan(1e-5);
  });

  it('reads dense layers with activations between them', () => {
    const image = tf.input({ shape: [8, 8, 3] });
    const convolution = tf.layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' });
    const mean = applied(tf.layers.globalAveragePooling2d({}), applied(convolution, image));
    let x = applied(tf.layers.dense({ units: 5, activation: 'relu6' }), mean);
    x = applied(tf.layers.dense({ units: 6 }), applied(tf.layers.dropout({ rate: 0.5 }), x));
    x = applied(tf.layers.dense({ units: 3, useBias: false }), applied(tf.layers.reLU(), x));
    const model = tf.model({ inputs: image, outputs: x });
    fillWeights(model);
    const { architecture, weights } = networkDataOf(model);
    expect(architecture.head).toMatchObject({
      hidden: [
        { features: 5, activation: 'relu6' },
        { features: 6, activation: 'relu' },
      ],
      classes: 3,
    });
    expect(architecture.stem.units[0]?.padding).toBe('same');
    expect(differenceFrom(model, { architecture, weights }, 8)).toBeLessThan(1e-5);
    const curved = tf.model({
      inputs: image,
      outputs: applied(tf.layers.dense({ units: 3 }), applied(tf.layers.elu({ name: 'e' }), applied(tf.layers.dense({ units: 2 }), mean))), // prettier-ignore
    });
    expect(() => networkDataOf(curved)).toThrow('layer e: expected one activation between dense layers');
  });

  it('names the layer that has no place', () => {
    const ending = (build: (x: tf.SymbolicTensor) => tf.SymbolicTensor): tf.LayersModel => {
      const image = tf.input({ shape: [8, 8, 3] });
      const x = applied(tf.layers.globalAveragePooling2d({}), build(image));
      return tf.model({ inputs: image, outputs: applied(tf.layers.dense({ units: 2 }), x) });
    };
    const conv = (args: object) => tf.layers.conv2d({ filters: 4, kernelSize: 3, name: 'c', ...args });
    for (const [model, message] of [
      [
        ending((x) =>
          applied(conv({ padding: 'same', strides: 2 }), applied(tf.layers.zeroPadding2d({}), x)),
        ),
        "padding of c: expected zeros by a layer before it or padding 'same', got 'same' after zeros",
      ],
      [
        ending((x) =>
          applied(
            tf.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
            applied(tf.layers.zeroPadding2d({ name: 'z' }), applied(conv({}), x)),
          ),
        ),
        'layer z: expected a ReLU before zeros around a map for a maximum',
      ],
      [
        ending((x) =>
          applied(
            tf.layers.add(),
            [0, 1].map(() =>
              applied(conv({ name: undefined, padding: 'same' }), applied(conv({ name: undefined }), x)),
            ),
          ),
        ),
        'shortcut of add_Add',
      ],
      [
        ending((x) => {
          const block = (y: tf.SymbolicTensor) => {
            const one = applied(tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same' }), y);
            return applied(tf.layers.add(), [y, one]);
          };
          const relu = { kernelSize: 3, padding: 'same', activation: 'relu', filters: 3 } as const;
          return block(applied(tf.layers.conv2d({ ...relu, name: 'm' }), block(x)));
        }),
        'layer m: expected a block directly after the one before it',
      ],
      [
        ending((x) => applied(conv({ activation: 'tanh' }), x)),
        'activation of c: expected linear, relu, relu6, hardSwish, got tanh',
      ],
      [ending((x) => applied(conv({ dilationRate: 2 }), x)), 'layer c: expected a square convolution'],
      [
        ending((x) => applied(tf.layers.averagePooling2d({ name: 'p' }), applied(conv({}), x))),
        'layer p: expected a convolution',
      ],
    ] as const) {
      expect(() => networkDataOf(model)).toThrow(message);
    }
    const image = tf.input({ shape: [8, 8, 3] });
    const map = applied(conv({ padding: 'same' }), image);
    expect(() => networkDataOf(tf.model({ inputs: image, outputs: map }))).toThrow(
      'layer c: expected globalAveragePooling2d and a dense layer after the last block, got Conv2D',
    );
    const mean = applied(tf.layers.globalAveragePooling2d({ name: 'g' }), map);
    expect(() => networkDataOf(tf.model({ inputs: image, outputs: mean }))).toThrow('layer g: expected');
    expect(() => networkDataOf(tf.model({ inputs: image, outputs: [mean, map] }))).toThrow(
      'expected one output',
    );
    const one = tf.model({ inputs: image, outputs: applied(tf.layers.dense({ units: 1, name: 'd' }), mean) });
    expect(() => networkDataOf(one)).toThrow('layer d: expected at least two class scores, got one');
    const flat = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    expect(() => networkDataOf(flat)).toThrow('model: expected one square image [H, W, C] as input');
  });
});
