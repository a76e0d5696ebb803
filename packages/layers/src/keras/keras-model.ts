import { type KerasLayer, layersConfig } from '@dmnn/import/internal';
import { assertRecord } from '@dmnn/foundation';
import type * as tf from '@tensorflow/tfjs-core';
import { assertOptions } from '../arguments.js';
import { layersError } from '../layers-error.js';

/** Options of {@link kerasModel}. */
export interface KerasModelOptions {
  /**
   * Called with each thing that is now said in another way: `layer mean: GlobalAveragePooling2D is now PooledMean`, and
   * with weights that no layer reads. @defaultValue nothing is called
   */
  readonly onChange?: ((line: string) => void) | undefined;
}

/**
 * Reads a model of Keras 3 where `tf.loadLayersModel` refuses it: the same place to load from, with the configuration in
 * the form that TensorFlow.js reads, and the weights under the names that it expects. Models of Keras 2 pass, too.
 * Settings that TensorFlow.js silently ignores are kept by layers of this package: call {@link registerLayers} before.
 *
 * @param source - where the model is: `tf.io.http(url)`, `tf.io.browserFiles(files)`, `tf.io.fromMemory(artifacts)`, …
 * @returns a place to load from. Loading throws DmnnError `DMNN_LAYERS` that names every class and activation that
 *   neither TensorFlow.js nor this package has, and ImportError for a configuration that Keras does not write.
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs';
 * import { kerasModel, registerLayers } from '@dmnn/layers';
 *
 * registerLayers(tf);
 * await tf.setBackend('cpu');
 * const layers = [
 *   { module: 'keras.layers', class_name: 'InputLayer', config: { batch_shape: [null, 2], name: 'x' } },
 *   { module: 'keras.layers', class_name: 'ReLU', config: { name: 'relu', max_value: null, negative_slope: 0.5, threshold: 0 } },
 * ];
 * const modelTopology = { class_name: 'Sequential', config: { name: 'small', layers } };
 * const model = await tf.loadLayersModel(
 *   kerasModel({ load: () => Promise.resolve({ modelTopology }) }, { onChange: (line) => console.log(line) }),
 * ); // => layer relu: ReLU is now BoundedReLU
 * console.log((model.predict(tf.tensor2d([[-2, 3]])) as tf.Tensor).dataSync().join()); // => -1,3
 * ```
 */
export function kerasModel(source: tf.io.IOHandler, options: KerasModelOptions = {}): tf.io.IOHandler {
  assertRecord('source', source, 'a place to load from, such as tf.io.http(url)');
  assertOptions(options, ['onChange']);
  const { onChange } = options;
  return {
    load: async () => {
      if (!source.load) {
        throw layersError(
          'source',
          'a place to load from',
          'one without load',
          'Pass tf.io.http(url), for example.',
        );
      }
      const artifacts = await source.load();
      assertRecord('source', artifacts, 'a place that gives the artifacts of a model');
      const { model, changes, missing } = layersConfig(artifacts.modelTopology);
      if (missing.length > 0) {
        throw layersError(
          'model',
          'layers of TensorFlow.js and @dmnn/layers',
          missing.join('; '),
          'Leave them out of the saved model, or register classes of these names and load it without kerasModel.',
        );
      }
      for (const line of changes) onChange?.(line);
      const { weightSpecs = [] } = artifacts;
      const layers = layersByName(model);
      const named = weightSpecs.map((spec) => ({ ...spec, name: weightName(spec.name, layers) }));
      for (const { name } of named.filter((spec) => isState(spec.name))) {
        onChange?.(`weight ${name}: the state of random numbers, which TensorFlow.js does not keep`);
      }
      return {
        ...artifacts,
        modelTopology: model,
        ...(artifacts.weightData === undefined
          ? {}
          : withoutStates(named, joinedBytes(artifacts.weightData))),
      };
    },
  };
}

/** All layers by their names, those of nested models too. */
function layersByName(model: KerasLayer, found = new Map<string, KerasLayer>()): Map<string, KerasLayer> {
  const layers = Array.isArray(model.config) ? (model.config as unknown[]) : model.config['layers'];
  for (const layer of (layers ?? []) as KerasLayer[]) {
    if (layer.config['layers']) layersByName(layer, found);
    else found.set(String(layer.config['name']), layer);
  }
  return found;
}

/** `row/conv/kernel:0` → `conv/kernel`, with the names that TensorFlow.js gives. */
function weightName(name: string, layers: ReadonlyMap<string, KerasLayer>): string {
  const parts = name.replace(/:0$/, '').split('/');
  const at = parts
    .slice(0, -1)
    .map((part) => layers.has(part))
    .lastIndexOf(true);
  if (at < 0) return parts.join('/');
  const [layer = '', ...rest] = parts.slice(at);
  const depthwise = layers.get(layer)?.class_name === 'DepthwiseConv2D';
  return [layer, ...rest.map((part) => (depthwise && part === 'kernel' ? 'depthwise_kernel' : part))].join(
    '/',
  );
}

/** Keras 3 saves the state of a dropout's random numbers as a weight. */
const isState = (name: string): boolean => /(^|\/)seed_generator_state$/.test(name);

function withoutStates(
  specs: readonly tf.io.WeightsManifestEntry[],
  bytes: Uint8Array,
): { weightSpecs: tf.io.WeightsManifestEntry[]; weightData: ArrayBuffer } {
  const kept: tf.io.WeightsManifestEntry[] = [];
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const spec of specs) {
    const size = bytesOf(spec);
    if (!isState(spec.name)) {
      kept.push(spec);
      parts.push(bytes.subarray(at, at + size));
    }
    at += size;
  }
  return { weightSpecs: kept, weightData: joinedBytes(parts.map((part) => part.slice().buffer)).buffer };
}

function bytesOf({ shape, dtype, quantization }: tf.io.WeightsManifestEntry): number {
  const values = shape.reduce((product, size) => product * size, 1);
  const type = quantization?.dtype ?? dtype;
  const bytes: { readonly [type: string]: number } = {
    float16: 2,
    uint16: 2,
    uint8: 1,
    bool: 1,
    complex64: 8,
  };
  return values * (bytes[type] ?? 4);
}

function joinedBytes(data: tf.io.WeightData): Uint8Array<ArrayBuffer> {
  const parts = (Array.isArray(data) ? data : [data]).map((part) => new Uint8Array(part));
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
