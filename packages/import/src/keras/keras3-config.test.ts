import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImportError } from '../import-error.js';
import type { KerasLayer } from './keras-json.js';
import { keras2Config } from './keras3-config.js';
import { layersConfig } from './layers-config.js';

interface Case {
  readonly topology: { class_name: string; config: { layers: Record<string, unknown>[] } };
}
const cases = JSON.parse(
  readFileSync(new URL('./fixtures/keras3-models.json', import.meta.url), 'utf8'),
) as Record<'functional' | 'sequential' | 'mixed', Case>;

const copyOf = (topology: Case['topology']): Case['topology'] => structuredClone(topology);
const layersOf = (model: KerasLayer): KerasLayer[] => model.config['layers'] as KerasLayer[];
const layerOf = (model: KerasLayer, name: string): KerasLayer =>
  layersOf(model).find(({ config }) => config['name'] === name) as KerasLayer;

describe('keras2Config', () => {
  const { model, form, changes } = keras2Config(cases.functional.topology);

  it('writes calls as lists, of several tensors, of shared layers and of nested models', () => {
    expect(form).toBe('keras 3');
    expect(layerOf(model, 'image').inbound_nodes).toEqual([]);
    expect(layerOf(model, 'sum').inbound_nodes).toEqual([
      [
        ['clip', 0, 0, {}],
        ['path', 0, 0, {}],
        ['path', 1, 0, {}],
      ],
    ]);
    expect(layerOf(model, 'path').inbound_nodes).toEqual([[['clip', 0, 0, {}]], [['leaky', 0, 0, {}]]]);
    expect(layerOf(model, 'inner')).toMatchObject({ class_name: 'Functional', name: 'inner' });
    expect(layerOf(model, 'inner').inbound_nodes).toEqual([[['sum', 0, 0, {}]]]); // training=False is the default
    expect(layerOf(model, 'mean').inbound_nodes).toEqual([[['inner', 1, 0, {}]]]); // call 0 built it
    expect(model.config).toMatchObject({ input_layers: [['image', 0, 0]], output_layers: [['head', 0, 0]] });
  });

  it('writes shapes, types, initialisers and regularisers as Keras 2 does', () => {
    expect(layerOf(model, 'image').config).toMatchObject({
      batch_input_shape: [null, 8, 8, 2],
      dtype: 'float32',
    });
    expect(layerOf(model, 'image').config).not.toHaveProperty('batch_shape');
    expect(layerOf(model, 'conv').config).toMatchObject({
      dtype: 'float32',
      kernel_initializer: { class_name: 'LeCunNormal', config: { seed: null } },
      kernel_regularizer: { class_name: 'L1L2', config: { l1: 0, l2: 1e-4 } },
    });
    expect(JSON.stringify(model)).not.toMatch(/module|registered_name|build_config|keras_history/);
    const mixed = keras2Config(cases.mixed.topology).model;
    expect(layerOf(mixed, 'head').config['dtype']).toBe('float32');
  });

  it('turns operations with a number into layers, and says so', () => {
    expect(layerOf(model, 'add')).toMatchObject({ class_name: 'Rescaling', config: { scale: 1, offset: 3 } });
    expect(layerOf(model, 'multiply').config).toMatchObject({ scale: 1 / 6, offset: 0 });
    expect(changes).toEqual([
      'layer add: Add with a number is now a layer Rescaling',
      'layer multiply: Multiply with a number is now a layer Rescaling',
    ]);
  });

  it.each([
    ['Subtract', [{}, 2], { scale: 1, offset: -2 }],
    ['Subtract', [2, {}], { scale: -1, offset: 2 }],
    ['Multiply', [4, {}], { scale: 4, offset: 0 }],
    ['Divide', [{}, 4], { scale: 0.25, offset: 0 }],
    ['TrueDivide', [{}, 4], { scale: 0.25, offset: 0 }],
    ['Divide', [4, {}], undefined],
    ['Divide', [{}, 0], undefined],
    ['Power', [{}, 2], undefined],
  ])('%s of %j', (operation, args, expected) => {
    const topology = copyOf(cases.functional.topology);
    const layer = topology.config.layers.find(({ name }) => name === 'add') as Record<string, unknown>;
    const [{ args: own }] = layer['inbound_nodes'] as [{ args: unknown[] }];
    const tensor = own[0];
    layer['class_name'] = operation;
    layer['inbound_nodes'] = [
      { args: args.map((value) => (typeof value === 'number' ? value : tensor)), kwargs: {} },
    ];
    const found = layerOf(keras2Config(topology).model, 'add');
    if (expected) expect(found).toMatchObject({ class_name: 'Rescaling', config: expected });
    else expect(found.class_name).toBe(`ops.${operation}`);
    if (!expected) expect(layersConfig(topology).missing).toEqual([`ops.${operation}: layer add`]);
  });

  it('finds the model in each kind of file, and leaves Keras 2 as it is', () => {
    const { topology } = cases.functional;
    for (const file of [{ model_config: topology }, { modelTopology: { model_config: topology } }])
      expect(keras2Config(file).model).toEqual(model);
    expect(keras2Config(model)).toEqual({ model, form: 'keras 2', changes: [] });
    expect(keras2Config(cases.sequential.topology).form).toBe('keras 3');
  });

  it('names inputs and outputs by their order, also where they have names', () => {
    const topology = copyOf(cases.functional.topology) as unknown as { config: Record<string, unknown> };
    topology.config['output_layers'] = { b: ['head', 0, 0], a: ['sum', 0, 0] };
    const found = keras2Config(topology);
    expect(found.model.config['output_layers']).toEqual([
      ['head', 0, 0],
      ['sum', 0, 0],
    ]);
    expect(found.changes).toContain('model: output_layers by name are now in the order b, a');
  });

  it('refuses what is no model, naming every place', () => {
    expect(() => keras2Config({ class_name: 'Dense', config: {} })).toThrow(ImportError);
    const topology = copyOf(cases.functional.topology);
    const { layers } = topology.config;
    layers[1] = { class_name: 'Rescaling' };
    (layers[3] as Record<string, unknown>)['inbound_nodes'] = [{ args: 'x' }];
    (layers[4] as Record<string, unknown>)['inbound_nodes'] = 7;
    expect(() => keras2Config(topology)).toThrow(
      /layers\[1\]: expected class_name and config, got .*\n.*layer conv: expected call 0 as \{ args, kwargs \}, got .*\n.*layer norm: expected a list of calls, got 7/,
    );
  });

  it('ends in a typed error or a model, whatever stands in a file', () => {
    const places = [...JSON.stringify(cases.functional.topology).matchAll(/[0-9]+|null|"[a-z_]+"/g)];
    const values = fc.constantFrom('null', '7', '"x"', '[]', '{}', '[[]]', 'true', '-1');
    const text = JSON.stringify(cases.functional.topology);
    fc.assert(
      fc.property(fc.nat(places.length - 1), values, (at, value) => {
        const { index, 0: old } = places[at] as RegExpExecArray;
        const changed = `${text.slice(0, index)}${value}${text.slice(index + old.length)}`;
        let json: unknown;
        try {
          json = JSON.parse(changed);
        } catch {
          return; // a key that is no string
        }
        try {
          layersConfig(json);
        } catch (error) {
          expect(error).toBeInstanceOf(ImportError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('layersConfig', () => {
  it('uses classes that have the settings which TensorFlow.js ignores', () => {
    const { model, additional, missing, changes } = layersConfig(cases.functional.topology);
    expect(missing).toEqual([]);
    expect(additional).toEqual(['PooledMean', 'hard_swish', 'relu_sigmoid']);
    expect(layerOf(model, 'path').config['activation']).toBe('swish');
    expect(layerOf(model, 'curve').config['activation']).toBe('hard_swish');
    expect(layerOf(model, 'head').config['activation']).toBe('relu_sigmoid'); // Keras 3's hard_sigmoid
    expect(layerOf(model, 'leaky').config).toMatchObject({ alpha: 0.25 });
    expect(layerOf(model, 'clip')).toMatchObject({ class_name: 'ReLU', config: { max_value: 6 } });
    expect(changes).toContain('layer mean: GlobalAveragePooling2D is now PooledMean');

    const row = layersConfig(cases.sequential.topology);
    expect(row.additional).toEqual(['BoundedReLU', 'Normalization']);
    expect(layerOf(row.model, 'bounded').config).toMatchObject({
      max_value: 2,
      negative_slope: 0.125,
      threshold: 0.25,
    });
  });

  it('keeps the hard sigmoid of Keras 2, and names everything that is missing at once', () => {
    const layer = (class_name: string, config: object) => ({ class_name, config });
    const model = layer('Sequential', {
      name: 'old',
      layers: [
        layer('InputLayer', { name: 'in', batch_input_shape: [null, 4, 4, 4] }),
        layer('BatchNormalization', { name: 'norm', axis: [3] }),
        layer('Conv2D', { name: 'c', groups: 2, activation: 'hard_sigmoid' }),
        layer('Lambda', { name: 'f' }),
        layer('Lambda', { name: 'g' }),
        layer('ELU', { name: 'e', alpha: 0.5 }),
        layer('GlobalMaxPooling2D', { name: 'm', keepdims: true }),
        layer('Dense', { name: 'd', activation: 'glu' }),
      ],
    });
    const found = layersConfig(model);
    expect(found.form).toBe('keras 2');
    expect(layerOf(found.model, 'norm').config['axis']).toBe(3);
    expect(layerOf(found.model, 'c').config['activation']).toBe('hard_sigmoid');
    expect(found.missing).toEqual([
      'Conv2D with groups: layer c',
      'Lambda: layers f, g',
      'ELU with an alpha other than 1: layer e',
      'GlobalMaxPooling2D with keepdims: layer m',
      'activation glu: layer d',
    ]);
  });
});
