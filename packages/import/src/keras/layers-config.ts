import { type KerasLayer, type KerasObject, layersIn } from './keras-json.js';
import { type Keras2Config, keras2Config } from './keras3-config.js';
import { keras2Values } from './keras3-values.js';
import { hasActivation, hasLayer, inTensorFlowJs } from './tensorflowjs-names.js';

/** A configuration that `tf.loadLayersModel` of TensorFlow.js 4.22 accepts, and what it needs besides. */
export interface LayersConfig extends Keras2Config {
  /** Classes of `@dmnn/layers` that the model now uses, sorted: `registerLayers` registers them. */
  readonly additional: readonly string[];
  /** What neither has, one line each with the names of all its layers: `Lambda: layers a, b`. Empty if it can be loaded. */
  readonly missing: readonly string[];
}

/**
 * Writes the configuration of a model of Keras 2 or 3 so that TensorFlow.js 4.22 reads it with the same results.
 *
 * TensorFlow.js silently ignores settings that it does not know: the slope of a ReLU, `keepdims` of a pooling, groups of
 * a convolution. Layers with such settings get the class of `@dmnn/layers` that has them, or are `missing`.
 *
 * @param json - as for {@link keras2Config}
 * @throws ImportError naming every place that is not as Keras writes it
 */
export function layersConfig(json: unknown): LayersConfig {
  const { model, form, changes } = keras2Config(json);
  const found: Found = { changes: [...changes], additional: new Set(), missing: new Map() };
  const adapted = layerFor(model, found, form);
  return {
    model: adapted,
    form,
    changes: found.changes,
    additional: [...found.additional].sort(),
    missing: [...found.missing].map(
      ([what, layers]) => `${what}: ${layers.length === 1 ? 'layer' : 'layers'} ${layers.join(', ')}`,
    ),
  };
}

interface Found {
  readonly changes: string[];
  readonly additional: Set<string>;
  readonly missing: Map<string, string[]>;
}

function layerFor(layer: KerasLayer, found: Found, form: Keras2Config['form']): KerasLayer {
  const inner = layersIn(layer.config);
  if (inner) {
    const layers = inner.map((each) => layerFor(each as KerasLayer, found, form));
    const config = Array.isArray(layer.config)
      ? (layers as unknown as KerasObject)
      : { ...layer.config, layers };
    return { ...layer, config };
  }
  const name = layer.name ?? (layer.config['name'] as string);
  const lacks = (what: string): void => {
    found.missing.set(what, [...(found.missing.get(what) ?? []), name]);
  };
  const config = keras2Values(layer.config) as KerasObject; // Keras 2 has regularisers of other names, too
  const changed = inTensorFlowJs({ ...layer, config }, form);
  if (changed.lacks !== undefined) lacks(changed.lacks);
  else if (hasLayer(changed.class_name) === undefined) lacks(changed.class_name);
  if (hasLayer(changed.class_name) === 'additional') found.additional.add(changed.class_name);
  if (changed.class_name !== layer.class_name) {
    found.changes.push(`layer ${name}: ${layer.class_name} is now ${changed.class_name}`);
  }
  for (const key of ['activation', 'recurrent_activation']) {
    const activation = changed.config[key];
    if (activation === undefined || activation === null) continue;
    const text = typeof activation === 'string' ? activation : JSON.stringify(activation);
    const there = hasActivation(text);
    if (there === undefined) lacks(`activation ${text}`);
    if (there === 'additional') found.additional.add(text);
  }
  return { ...layer, class_name: changed.class_name, config: changed.config };
}
