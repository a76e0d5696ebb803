import { ImportError } from '../import-error.js';
import { type KerasInput, type KerasLayer, type KerasObject, isObject, layersIn } from './keras-json.js';
import { type KerasCall, isOperation, keras3Call, placesIn, scaleAndOffset } from './keras3-nodes.js';
import { keras2Values } from './keras3-values.js';

/** A model's configuration in the form of Keras 2. */
export interface Keras2Config {
  /** The model: `Functional`, `Model` or `Sequential`. */
  readonly model: KerasLayer;
  /** The form that it had. */
  readonly form: 'keras 2' | 'keras 3';
  /** What the form of Keras 2 cannot say, one line each: `layer add: x + 3 is now a layer Rescaling`. */
  readonly changes: readonly string[];
}

/**
 * Writes the configuration of a model of Keras 3 in the form of Keras 2, in which TensorFlow.js reads models and which
 * has one way to say each thing: calls as lists of `[layer, call, output, arguments]`, `batch_input_shape`, types by
 * their names, initialisers as `{ class_name, config }`. Configurations of Keras 2 are returned as they are. Nested
 * models are followed. The argument is not changed.
 *
 * Classes and their settings keep their names and meaning; which of them TensorFlow.js lacks is `layersConfig`'s matter.
 *
 * @param json - the parsed `config.json` of a `.keras` file, the result of `model.to_json()`, `model_config` of an `.h5`
 *   file, or a `model.json` or its `modelTopology`.
 * @throws ImportError naming every place that is not as Keras writes it.
 */
export function keras2Config(json: unknown): Keras2Config {
  const found = modelIn(json);
  const problems: string[] = [];
  const changes: string[] = [];
  if (!found) {
    throw new ImportError(
      "config: expected a model of Keras, got JSON without one's class_name and config",
      [],
      ['Pass config.json of a .keras file, what model.to_json() returns, or a model.json of TensorFlow.js.'],
    );
  }
  const form = isKeras3(found) ? 'keras 3' : 'keras 2';
  const model =
    form === 'keras 2' ? (found as unknown as KerasLayer) : modelOf(found, '', { problems, changes });
  if (problems.length > 0) throw new ImportError('config: expected a model as Keras 3 writes it', problems);
  return { model, form, changes };
}

interface Notes {
  readonly problems: string[];
  readonly changes: string[];
}

/** The model in any of the files that have one. */
function modelIn(json: unknown): KerasObject | undefined {
  let inner = json;
  for (const key of ['modelTopology', 'model_config']) {
    if (isObject(inner) && isObject(inner[key])) inner = inner[key];
  }
  if (!isObject(inner) || typeof inner['class_name'] !== 'string') return undefined;
  return layersIn(inner['config']) ? inner : undefined;
}

/** Keras 3 writes the module of every class; Keras 2 since 2.13 too, but calls as lists. */
function isKeras3(model: KerasObject): boolean {
  const layers = (layersIn(model['config']) ?? []).filter(isObject);
  const calls = layers.flatMap((layer) => {
    const nodes = layer['inbound_nodes'];
    return Array.isArray(nodes) ? (nodes as unknown[]) : [];
  });
  if (calls.length > 0) return calls.some(isObject);
  return layers.some(({ config }) => {
    const { dtype, batch_shape: shape } = isObject(config) ? config : {};
    return isObject(dtype) || Array.isArray(shape);
  });
}

function modelOf(model: KerasObject, prefix: string, notes: Notes): KerasLayer {
  const config = model['config'] as KerasObject;
  const className = model['class_name'] as string;
  const nested = new Set((layersIn(config) ?? []).filter(isNested).map(({ name }) => name));
  // in Keras 2 call 0 of a nested model is the one that it was built with
  const shift = (layer: string, call: number): number => (nested.has(layer) ? call + 1 : call);
  const layers = (layersIn(config) ?? []).flatMap((each, at) => {
    const layer = layerOf(each, `${prefix}layers[${at}]`, notes);
    if (!layer?.inbound_nodes || nested.size === 0) return layer ?? [];
    const calls = layer.inbound_nodes.map((inputs) =>
      inputs.map(([from, call, ...rest]): KerasInput => [from, shift(from, call), ...rest]),
    );
    return { ...layer, inbound_nodes: calls };
  });
  const places: Record<string, unknown> = {};
  for (const key of ['input_layers', 'output_layers']) {
    if (!(key in config)) continue;
    const found = placesIn(config[key]);
    if (found) places[key] = found.map(([from, call, output]) => [from, shift(from, call), output]);
    else
      notes.problems.push(`${prefix}${key}: expected [layer, call, output], got ${shortJson(config[key])}`);
    if (isObject(config[key])) {
      notes.changes.push(
        `${prefix || 'model: '}${key} by name are now in the order ${Object.keys(config[key]).join(', ')}`,
      );
    }
  }
  const { name, trainable } = config;
  return {
    class_name: className,
    config: {
      ...(name === undefined ? {} : { name }),
      ...(trainable === undefined ? {} : { trainable }),
      layers,
      ...places,
    },
  };
}

function isNested(layer: unknown): layer is KerasObject {
  return isObject(layer) && layersIn(layer['config']) !== undefined;
}

function layerOf(layer: unknown, place: string, notes: Notes): KerasLayer | undefined {
  if (!isObject(layer) || typeof layer['class_name'] !== 'string' || !isObject(layer['config'])) {
    notes.problems.push(`${place}: expected class_name and config, got ${shortJson(layer)}`);
    return undefined;
  }
  const { class_name: className, config } = layer as { class_name: string; config: KerasObject };
  const name = typeof layer['name'] === 'string' ? layer['name'] : config['name'];
  if (typeof name !== 'string') {
    notes.problems.push(`${place}: expected a name, got ${shortJson(name)}`);
    return undefined;
  }
  const calls = callsOf(layer, name, notes);
  const node = calls && { name, inbound_nodes: calls.map(({ inputs }): readonly KerasInput[] => inputs) };
  if (isOperation(layer)) return { ...operationOf(className, name, calls ?? [], notes), ...node };
  const inner =
    layersIn(config) === undefined
      ? { class_name: className, config: layerConfig(className, { ...config, name }) }
      : modelOf({ class_name: className, config: { ...config, name } }, `${place} ${name}: `, notes);
  return { ...inner, ...node };
}

function callsOf(layer: KerasObject, name: string, { problems }: Notes): KerasCall[] | undefined {
  const nodes = layer['inbound_nodes'];
  if (nodes === undefined) return undefined; // in a Sequential
  if (!Array.isArray(nodes)) {
    problems.push(`layer ${name}: expected a list of calls, got ${shortJson(nodes)}`);
    return [];
  }
  return (nodes as unknown[]).flatMap((node, at) => {
    const call = keras3Call(node);
    if (!call)
      problems.push(`layer ${name}: expected call ${at} as { args, kwargs }, got ${shortJson(node)}`);
    return call ? [call] : [];
  });
}

/** Operations on tensors that are layers, too. */
const mergingLayers = new Set(['Add', 'Subtract', 'Multiply', 'Maximum', 'Minimum', 'Concatenate']);

/** `x + 3`, `x · y`, … written in Python's code of the model. What isn't known keeps its name, for readers to refuse. */
function operationOf(
  operation: string,
  name: string,
  calls: readonly KerasCall[],
  { changes }: Notes,
): Pick<KerasLayer, 'class_name' | 'config'> {
  const [first] = calls;
  const linear = first && calls.length === 1 ? scaleAndOffset(operation, first) : undefined;
  if (linear) {
    changes.push(`layer ${name}: ${operation} with a number is now a layer Rescaling`);
    return { class_name: 'Rescaling', config: { name, dtype: 'float32', ...linear } };
  }
  if (first?.constants.length === 0 && first.inputs.length > 1 && mergingLayers.has(operation)) {
    changes.push(`layer ${name}: ${operation} of tensors is now a layer ${operation}`);
    return { class_name: operation, config: { name, dtype: 'float32' } };
  }
  return { class_name: `ops.${operation}`, config: { name } };
}

function layerConfig(className: string, config: KerasObject): KerasObject {
  const { batch_shape: shape, ...others } = keras2Values(config) as Record<string, unknown>;
  const isInput = className === 'InputLayer';
  return {
    ...others,
    ...(shape === undefined || shape === null ? {} : { batch_input_shape: shape }),
    ...(isInput ? { ragged: others['ragged'] ?? false } : {}),
  };
}

/** A value of JSON for a message, cut. */
function shortJson(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
