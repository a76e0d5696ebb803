import { printable } from '@dmnn/foundation';
import { type KerasLayer, type KerasObject, isObject, layersIn } from './keras-json.js';
import { KerasFileError } from './keras-file-error.js';

/** A layer of a model or of a model in it, and where files have its weights. */
export interface PlacedLayer {
  readonly className: string;
  readonly config: KerasObject;
  /** Names of the models that it is in, and its own. */
  readonly path: readonly string[];
  /** Its group in `model.weights.h5`, which counts layers of a class: `layers/functional/layers/conv2d_1`. */
  readonly group: string;
  /** Layers whose outputs it takes, by their paths, joined by `/`. */
  readonly inputs: readonly string[];
}

/** The layers of a model, with those of models in it in their places. */
export interface PlacedLayers {
  readonly layers: readonly PlacedLayer[];
  readonly output: string;
}

const DEEPEST = 8;

/** @throws KerasFileError if the layers are not one graph of layers that are called once, with one output */
export function placedLayers(model: KerasLayer): PlacedLayers {
  const layers: PlacedLayer[] = [];
  const output = placeModel(model, { path: [], group: '', inputs: [] }, layers);
  const names = new Set(layers.map(({ path }) => path.join('/')));
  if (names.size < layers.length) throw bad('expected layers of different names, got two of one name');
  return { layers, output };
}

interface Place {
  readonly path: readonly string[];
  readonly group: string;
  /** What is fed to the model's inputs. */
  readonly inputs: readonly string[];
}

/** @returns the layer whose output is the model's */
function placeModel(model: KerasLayer, place: Place, into: PlacedLayer[]): string {
  const where = place.path.length === 0 ? 'the model' : `the model ${printable(place.path.join('/'), 100)}`;
  if (place.path.length > DEEPEST) throw bad(`expected at most ${DEEPEST} models in each other, got more`);
  const layers = (layersIn(model.config) ?? []).map((layer) => checkedLayer(layer, where));
  const isSequence = layers.every(({ inbound_nodes: calls }) => calls === undefined);
  const inputs = namesIn(model.config['input_layers']);
  const outputs = new Map<string, string>();
  const groups = groupNames(layers);
  let last = place.inputs[0];
  layers.forEach((layer, i) => {
    const name = nameOf(layer);
    if (outputs.has(name)) throw bad(`expected one layer ${printable(name, 100)} in ${where}, got two`);
    const path = [...place.path, name];
    const fed = isSequence
      ? last === undefined
        ? []
        : [last]
      : sourcesOf(layer, where).map((each) => {
          const output = outputs.get(each);
          if (output !== undefined) return output;
          throw bad(
            `layer ${printable(path.join('/'), 100)}: expected inputs from layers before it, got one from ${printable(each, 100)}`,
          );
        });
    const isInput = layer.class_name === 'InputLayer';
    const group = `${place.group}layers/${groups[i] as string}`;
    const outer =
      isInput && place.path.length > 0 ? place.inputs[Math.max(0, inputs.indexOf(name))] : undefined;
    const output =
      outer ??
      (layersIn(layer.config) === undefined
        ? placed({ className: layer.class_name, config: layer.config, path, group, inputs: fed }, into)
        : placeModel(layer, { path, group: `${group}/`, inputs: fed }, into));
    outputs.set(name, output);
    last = output;
  });
  const [only, other] = isSequence
    ? [last]
    : namesIn(model.config['output_layers']).map((each) => outputs.get(each));
  if (only === undefined) throw bad(`expected ${where} to have layers and an output, got none`);
  if (other !== undefined) throw bad(`expected ${where} to have one output, got several`);
  return only;
}

/** A configuration of Keras 2 comes as it is in the file. */
function checkedLayer(layer: unknown, where: string): KerasLayer {
  const { class_name: className, config, name } = isObject(layer) ? layer : {};
  const isNamed = name === undefined || typeof name === 'string';
  if (typeof className === 'string' && isObject(config) && isNamed) return layer as KerasLayer;
  throw bad(`expected layers with class_name and config in ${where}, got another value`);
}

function placed(layer: PlacedLayer, into: PlacedLayer[]): string {
  into.push(layer);
  return layer.path.join('/');
}

/** Of the layers before it; a layer that is called twice would need its weights twice. */
function sourcesOf(layer: KerasLayer, where: string): string[] {
  const calls = layer.inbound_nodes ?? [];
  if (!Array.isArray(calls) || calls.length > 1)
    throw bad(
      `layer ${printable(nameOf(layer), 100)}: expected one call in ${where}, got ${Array.isArray(calls) ? calls.length : 'another value'}`,
    );
  return namesIn(calls[0] ?? []);
}

/** `[[name, call, output, …]]`, or one such list alone → names. */
function namesIn(places: unknown): string[] {
  if (!Array.isArray(places)) return [];
  if (typeof places[0] === 'string') return [places[0]];
  return (places as unknown[]).map((each) => {
    const name: unknown = Array.isArray(each) ? each[0] : undefined;
    if (typeof name === 'string') return name;
    throw bad(`expected a layer by its name, got ${printable(JSON.stringify(each), 100)}`);
  });
}

function nameOf({ name, config, class_name: className }: KerasLayer): string {
  const found = name ?? config['name'];
  if (typeof found === 'string' && found !== '') return found;
  throw bad(`expected a name of the layer ${printable(className, 100)}, got none`);
}

/** As Keras 3's `saving_lib` counts the layers of a model: by their classes, in snake case. */
function groupNames(layers: readonly KerasLayer[]): string[] {
  const counts = new Map<string, number>();
  return layers.map(({ class_name: className }) => {
    const name = snakeCase(className);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  });
}

function snakeCase(className: string): string {
  return className
    .slice(0, 200)
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

function bad(what: string): KerasFileError {
  return new KerasFileError('config', `${what}.`);
}
