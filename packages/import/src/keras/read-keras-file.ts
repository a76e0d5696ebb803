import { JsonError, fileFormatOf, parseJson, printable } from '@dmnn/foundation';
import type { WeightTensor } from '@dmnn/weights';
import { TorchFileError } from '../torch/torch-file-error.js';
import { ZipArchive } from '../torch/zip-archive.js';
import { checkedClasses } from './known-layers.js';
import { isObject } from './keras-json.js';
import { type Keras2Config, keras2Config } from './keras3-config.js';
import type { Hdf5Reader, KerasFile, LayersModelSource } from './keras-file.js';
import { KerasFileError } from './keras-file-error.js';
import { type PlacedLayers, placedLayers } from './placed-layers.js';
import { shardPaths, tfjsWeights } from './tfjs-weights.js';
import { type WeightsOfLayers, weightsByName, weightsInArchive, weightsInH5 } from './weights-of-layers.js';

/** Whether bytes are a model of Keras: a `.keras` archive, HDF5, or a `model.json` of TensorFlow.js. */
export function isKerasFile(bytes: Uint8Array): boolean {
  const kind = fileFormatOf(bytes)?.kind;
  return kind === 'keras' || kind === 'hdf5' || isModelJson(bytes);
}

/** Whether bytes are JSON with the keys of TensorFlow.js's `model.json`. */
export function isModelJson(bytes: Uint8Array): boolean {
  if (!/^(?:\u00ef\u00bb\u00bf)?\s*\{\s*"/.test(String.fromCharCode(...bytes.subarray(0, 200)))) return false;
  // the topology may come first and be long
  return /"(?:modelTopology|weightsManifest)"\s*:/.test(new TextDecoder('latin1').decode(bytes));
}

/**
 * The files that a `model.json` of TensorFlow.js names: they lie in its folder.
 *
 * @throws KerasFileError if it is no model of layers, or a name is no plain path
 */
export function filesOfModelJson(bytes: Uint8Array): string[] {
  return shardPaths(modelJson(bytes)['weightsManifest']);
}

/**
 * Reads a model of Keras as plain data: a `.keras` archive, a whole model as `.h5`, or TensorFlow.js's `model.json` with its
 * shards, of Keras 2 or Keras 3. Nothing in the file is executed; layers with code in them are refused by their names, and so
 * are layers that are not known here, all at once.
 *
 * @param source - the whole file, or `model.json` with the files that it names
 * @param readHdf5 - reads the HDF5 in `.keras` and `.h5`; not needed for a `model.json`
 * @throws KerasFileError with a `fault` that says which; ImportError if the configuration is not as Keras writes it
 */
export async function readKerasFile(
  source: Uint8Array | LayersModelSource,
  readHdf5?: Hdf5Reader,
): Promise<KerasFile> {
  if (!(source instanceof Uint8Array)) return readLayersModel(source);
  const format = fileFormatOf(source);
  switch (format?.kind) {
    case 'keras':
      return readArchive(source, withReader(readHdf5));
    case 'hdf5':
      return readH5(source, withReader(readHdf5));
    default:
      throw new KerasFileError(
        'contents',
        `expected a .keras archive, HDF5 or a model.json with its files, got ${format?.name ?? 'another kind of file'}.`,
      );
  }
}

function withReader(readHdf5: Hdf5Reader | undefined): Hdf5Reader {
  if (readHdf5) return readHdf5;
  throw new KerasFileError('hdf5', 'expected a reader of HDF5 for .keras and .h5, got none.', [
    'Import the file with dmnn import or importModel of dmnn, which have one.',
  ]);
}

/** Reads TensorFlow.js's `model.json`; as {@link readKerasFile} does. */
export function readLayersModel({ json, shards }: LayersModelSource): KerasFile {
  const { modelTopology, weightsManifest } = modelJson(json);
  const model = configured(modelTopology, 'modelTopology');
  const { tensors, converted } = tfjsWeights(weightsManifest, shards);
  const weights = weightsByName(model.layers, tensors);
  return kerasFile('layers-model', model, { weights, converted, passedOver: [] });
}

function modelJson(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const json = jsonOf(bytes, 'model.json');
  if (!isObject(json)) throw new KerasFileError('contents', 'model.json: expected an object.');
  const { format, modelTopology } = json;
  if (
    format === 'graph-model' ||
    (isObject(modelTopology) && ('node' in modelTopology || 'library' in modelTopology))
  )
    throw new KerasFileError(
      'graph-model',
      'model.json: expected a layers model, got a graph model, in which layers are no longer there.',
      [
        'Convert the model that it was made from again: tensorflowjs_converter --output_format=tfjs_layers_model.',
        "Or import that model's .keras or .h5 file.",
      ],
    );
  return json;
}

async function readArchive(bytes: Uint8Array, readHdf5: Hdf5Reader): Promise<KerasFile> {
  const { config, weights } = inArchive(bytes);
  const model = configured(jsonOf(config, 'config.json'), 'config.json');
  return kerasFile('keras', model, weightsInArchive(model.layers, await readHdf5(weights)));
}

function inArchive(bytes: Uint8Array): { readonly config: Uint8Array; readonly weights: Uint8Array } {
  try {
    const archive = new ZipArchive(bytes);
    const config = archive.read('config.json');
    const weights = archive.read('model.weights.h5');
    if (config && weights) return { config, weights };
    throw new KerasFileError(
      'archive',
      `expected an archive with config.json and model.weights.h5, got ${printable(archive.names.slice(0, 5).join(', '), 200)}.`,
      archive.names.includes('model.weights.json') || archive.names.includes('model.weights.npz')
        ? ['Save the model in one file of weights again: model.save("model.keras").']
        : [],
    );
  } catch (error) {
    if (!(error instanceof TorchFileError)) throw error;
    throw new KerasFileError('archive', error.message.replace(/^torch file: /, ''));
  }
}

async function readH5(bytes: Uint8Array, readHdf5: Hdf5Reader): Promise<KerasFile> {
  const contents = await readHdf5(bytes);
  const config = contents.attributes.get('model_config');
  if (config === undefined)
    throw new KerasFileError(
      'config',
      'expected a whole model, got HDF5 without its attribute model_config.',
      [
        'Save the model with its layers: model.save("model.keras"), or model.save("model.h5"), not save_weights.',
      ],
    );
  const model = configured(jsonOf(config, 'model_config'), 'model_config');
  return kerasFile('h5', model, weightsInH5(model.layers, contents));
}

interface ConfiguredModel extends PlacedLayers, Pick<Keras2Config, 'form' | 'changes'> {
  readonly name: string;
}

function configured(json: unknown, what: string): ConfiguredModel {
  checkedClasses(json); // before the graph is looked at: what is not known may be of any form
  const { model, form, changes } = keras2Config(json);
  const { layers, output } = placedLayers(model);
  const name = model.config['name'];
  return { layers, output, form, changes, name: typeof name === 'string' ? name : what };
}

function kerasFile(
  format: KerasFile['format'],
  { layers, output, form, changes, name }: ConfiguredModel,
  { weights, converted, passedOver }: WeightsOfLayers,
): KerasFile {
  return {
    format,
    form,
    name,
    layers: layers.map(({ className, config, path, inputs }, i) => ({
      name: path.join('/'),
      className,
      config,
      inputs,
      weights: weights[i] ?? new Map<string, WeightTensor>(),
    })),
    output,
    converted,
    passedOver,
    changes,
  };
}

function jsonOf(text: string | Uint8Array, what: string): unknown {
  try {
    return parseJson(text, { what });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new KerasFileError('config', error.message);
  }
}
