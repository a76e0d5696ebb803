import { basename } from 'node:path';
import type { Activation, Architecture } from '@dmnn/architecture';
import { createArchitecture } from '@dmnn/backbones';
import { classNamesOf, imagenetNormalisation } from '@dmnn/data';
import { DmnnError, errorInFile, isDmnnError, printable } from '@dmnn/foundation';
import {
  ImportError,
  type ImportedKerasFile,
  type ImportedTensorFile,
  type KerasFile,
  KerasFileError,
  type ImagePreprocessing,
  type LayersModelSource,
  type NameMap,
  type NamesOf,
  type PassedOver,
  TorchFileError,
  importTensorFile,
  isKerasFile,
  imagePreprocessing,
  networkOfKerasFile,
  readKerasFile,
} from '@dmnn/import';
import { normalisations, turnedInputs } from '@dmnn/import/internal';
import { saveModel } from '@dmnn/runs';
import { SafetensorsError, type Weights } from '@dmnn/weights';
import { readHdf5 } from './read-hdf5.js';
import { readWeights } from './read-weights.js';

/** Options of {@link importModel}. */
export interface ImportModelOptions {
  /**
   * Path of a safetensors file or one of `torch.save` (`.pth`, `.pt`, `.th`, `.bin`, `.ckpt`), of the index of a model in several
   * (`model.safetensors.index.json`, `pytorch_model.bin.index.json`), or of a model of Keras (`.keras`, `.h5`, or TensorFlow.js's
   * `model.json`). Nothing in it is executed.
   */
  readonly file: string;
  /** A model of the zoo, or a custom architecture. @defaultValue recognised by the names and shapes of the tensors */
  readonly model?: string | Architecture | undefined;
  /** The model folder to write: new, or empty. */
  readonly out: string;
  /** Naming scheme of the file, or a name map. @defaultValue torchvision, timm, pytorch-cifar or efficientnet-pytorch, detected */
  readonly names?: NamesOf | NameMap | undefined;
  /**
   * Prefix of the network's names in the file, such as `module.`, or `ema.` in a file with raw and averaged weights;
   * tensors without it are left out. @defaultValue found
   */
  readonly prefix?: string | undefined;
  /**
   * Activation between the linear layers of a head that has several (`fc.0`, `fc.3`), where the model is recognised by tensors or
   * is one of the zoo, whose head is that of the file.
   *
   * @defaultValue relu, which is said
   */
  readonly headActivation?: Activation | undefined;
  /** Number of classes of a model of the zoo that is named. @defaultValue 1000, or 100 for CIFAR networks */
  readonly classes?: number | undefined;
  /** `[class]`. @defaultValue ImageNet's for 1000 classes, otherwise unknown */
  readonly classNames?: readonly string[] | undefined;
  /**
   * How the network wants its images, by the names in `keras.applications.imagenet_utils`, or `lite`. For `caffe`, which has
   * blue first, the first convolution is turned round. @defaultValue `torch`; of a model of Keras, what it or its application says
   */
  readonly preprocessing?: ImagePreprocessing | undefined;
  /** Of red, green and blue, subtracted from them; on the scale of pixels from 0 to 1. @defaultValue ImageNet's, or the preprocessing's */
  readonly channelMeans?: readonly number[] | undefined;
  /** Of red, green and blue, which divide them; on the same scale. @defaultValue ImageNet's, or the preprocessing's */
  readonly channelDeviations?: readonly number[] | undefined;
}

/** Result of {@link importModel}. */
export interface ImportedModel {
  /** The architecture's name. */
  readonly model: string;
  readonly folder: string;
  /** Number of imported tensors. */
  readonly tensors: number;
  /** Number of tensors in the file that the network does not use. */
  readonly ignored: number;
  /** The prefix of the network's names in the file, given or found; empty if there is none. */
  readonly prefix: string;
  /** Tensors among the ignored ones that are outside the prefix, by the first part of their names: `{ 'ema.': 122 }`. */
  readonly outsidePrefix: { readonly [part: string]: number };
  /** Number of tensors converted to float32, by their element type: `{ F16: 161 }`. */
  readonly converted: { readonly [dtype: string]: number };
  /** Keys of the dictionaries that have the tensors in a file of `torch.save`: `['state_dict']`. Otherwise empty. */
  readonly under: readonly string[];
  /** What else is in a file of `torch.save`: `epoch`, the state of an optimiser. */
  readonly passedOver: readonly PassedOver[];
  /** What names and shapes show, and what was assumed where they show nothing: of the network, or if it was named of its head. */
  readonly recognised?: { readonly found: string; readonly assumed: readonly string[] } | undefined;
  /** What a model of Keras has in another way, to the same effect: biases that went into batch norms. Otherwise empty. */
  readonly changes: readonly string[];
  readonly importedFrom: { readonly file: string; readonly sha256: string; readonly names: string };
}

/**
 * Imports trained weights into a model folder.
 *
 * @throws ImportError if the file's tensors are not the model's, or it is another kind of file; SafetensorsError or
 *   TorchFileError or KerasFileError if it is damaged, or has code in it; RangeError if a mean or deviation is not on the scale from 0 to 1; any error of the disk
 */
export async function importModel(options: ImportModelOptions): Promise<ImportedModel> {
  const { model, classes } = options;
  if (classes !== undefined && typeof model !== 'string')
    throw new RangeError(
      'classes: expected none without the name of a model, since the file or the architecture has them.',
    );
  const architecture = typeof model === 'string' ? createArchitecture(model, { classes }) : model;
  const headOf = typeof model === 'string' ? 'file' : 'architecture';
  return importFile({ ...options, architecture, headOf, mapName: 'map' });
}

/** An import of a file for an architecture. */
export interface FileImport extends Omit<ImportModelOptions, 'model' | 'classes'> {
  /** Recognised by the file if there is none. */
  readonly architecture: Architecture | undefined;
  /** What says how many linear layers the head has, if there is an architecture. */
  readonly headOf: 'architecture' | 'file';
  /** The name map's name in the model folder, if `names` is one: its file's, or `map`. */
  readonly mapName: string;
}

/** {@link importModel} for an architecture, or the file's. */
export async function importFile(request: FileImport): Promise<ImportedModel> {
  const { file, out, names, prefix, mapName } = request;
  const given = {
    channelMeans: channels('channelMeans', request.channelMeans),
    channelDeviations: channels('channelDeviations', request.channelDeviations),
  };
  assertPreprocessing(request.preprocessing);
  const { source, sha256 } = await readWeightsOf(file);
  if ('json' in source || (source instanceof Uint8Array && isKerasFile(source)))
    return importKeras(request, given, source, sha256);
  const { preprocessing } = request;
  const normalisation = preprocessing === undefined ? imagenetNormalisation : normalisations[preprocessing];
  const channelMeans = given.channelMeans ?? normalisation.channelMeans;
  const channelDeviations = given.channelDeviations ?? normalisation.channelDeviations;
  const imported = withFileName(basename(file), mapName, () =>
    importTensorFile(source, request.architecture, {
      names,
      prefix,
      headActivation: request.headActivation,
      headOf: request.headOf,
    }),
  );
  const { architecture, recognised } = imported;
  const turned = preprocessing === 'caffe' ? redFirst(architecture, imported.weights) : undefined;
  assertClassNames(request, architecture);
  const importedFrom = {
    file: basename(file),
    sha256,
    names: imported.names === 'map' ? mapName : imported.names,
  };
  const imagenetNames = architecture.head.classes === 1000 ? classNamesOf('imagenet') : undefined;
  await saveModel(out, {
    architecture,
    weights: turned?.weights ?? imported.weights,
    channelMeans,
    channelDeviations,
    classNames: request.classNames ?? imagenetNames,
    importedFrom,
  });
  return {
    model: architecture.name,
    folder: out,
    tensors: imported.weights.size,
    ignored: imported.ignored.length,
    converted: imported.converted,
    prefix: imported.prefix,
    outsidePrefix: byFirstPart(imported.outsidePrefix),
    under: imported.under,
    passedOver: imported.passedOver,
    recognised: recognised && {
      found: recognised.found,
      assumed: [...recognised.assumed, ...normalisationAssumed(request)],
    },
    changes: turned ? [turned.says] : [],
    importedFrom,
  };
}

/** A model of Keras, whose layers are its architecture. */
async function importKeras(
  request: FileImport,
  given: Pick<FileImport, 'channelMeans' | 'channelDeviations'>,
  source: Uint8Array | LayersModelSource,
  sha256: string,
): Promise<ImportedModel> {
  const { file, out, classNames, architecture, names, prefix, headActivation, preprocessing } = request;
  const extra = Object.entries({ model: architecture, names, prefix, headActivation }).find(
    ([, value]) => value !== undefined,
  );
  if (extra)
    throw new DmnnError(
      'DMNN_USAGE',
      `${printable(file, 4096)}: expected a file of weights, since ${extra[0]} is given, got a model of Keras, whose layers say what it is. Leave ${extra[0]} out.`,
    );
  const { keras, network } = await ofFile(
    file,
    async (): Promise<{ keras: KerasFile; network: ImportedKerasFile }> => {
      const read = await readKerasFile(source, readHdf5);
      return { keras: read, network: networkOfKerasFile(read, { preprocessing }) };
    },
  );
  const { classes } = network.architecture.head;
  assertClassNames(request, network.architecture);
  const importedFrom = { file: basename(file), sha256, names: 'keras' };
  await saveModel(out, {
    architecture: network.architecture,
    weights: network.weights,
    channelMeans: given.channelMeans ?? network.channelMeans,
    channelDeviations: given.channelDeviations ?? network.channelDeviations,
    classNames: classNames ?? (classes === 1000 ? classNamesOf('imagenet') : undefined),
    importedFrom,
  });
  return {
    model: network.architecture.name,
    folder: out,
    tensors: network.weights.size,
    ignored: 0,
    converted: keras.converted,
    prefix: '',
    outsidePrefix: {},
    under: [],
    passedOver: keras.passedOver,
    recognised: { found: network.found, assumed: network.assumed },
    changes: network.changes,
    importedFrom,
  };
}

async function readWeightsOf(file: string): ReturnType<typeof readWeights> {
  return ofFile(file, () => readWeights(file));
}

/** Adds the file's name to errors about an index, or a model of Keras. */
async function ofFile<Result>(file: string, reading: () => Promise<Result>): Promise<Result> {
  try {
    return await reading();
  } catch (error) {
    if (error instanceof SafetensorsError && error.file === undefined) throw error.inFile(basename(file));
    if (error instanceof KerasFileError) throw errorInFile(error, basename(file), 'keras file');
    if (error instanceof ImportError && error.message.startsWith('config: '))
      throw errorInFile(error, basename(file), 'config');
    throw error;
  }
}

/** A name for each class, in the order of the network's outputs. */
function assertClassNames({ classNames }: FileImport, { name, head }: Architecture): void {
  if (classNames === undefined || classNames.length === head.classes) return;
  throw new RangeError(
    `classNames: expected ${head.classes} names, one for each class of ${name}, got ${classNames.length}. Give one a line, in the order of its outputs.`,
  );
}

function assertPreprocessing(mode: string | undefined): void {
  if (mode === undefined || imagePreprocessing.some((each) => each === mode)) return;
  throw new RangeError(`preprocessing: expected ${imagePreprocessing.join(', ')}, got '${mode}'.`);
}

function normalisationAssumed({ preprocessing, channelMeans, channelDeviations }: FileImport): string[] {
  if (preprocessing !== undefined || (channelMeans && channelDeviations)) return [];
  return [
    'means and deviations of ImageNet, by which images are normalised; others are set with --preprocessing caffe, lite or tf, or --means and --deviations',
  ];
}

/** The weights of a network that takes blue, green, red, for one that takes red first. */
function redFirst({ inChannels, stem }: Architecture, weights: Weights): { weights: Weights; says: string } {
  const kernel = weights.get('stem.unit0.weight');
  const [first] = stem.units;
  if (!kernel || inChannels !== 3 || first?.groups !== 1)
    throw new RangeError(
      `preprocessing: expected a first convolution over three channels for caffe, which has blue first, got ${inChannels} channels`,
    );
  return {
    weights: new Map(
      [...weights].map(([name, each]) => [name, each === kernel ? turnedInputs(kernel) : each]),
    ),
    says: 'the first convolution takes red, green, blue; its inputs were in the order blue, green, red',
  };
}

/** Adds the file's name to errors about it or the name map, and what a single shard lacks to those of its tensors. */
function withFileName(
  file: string,
  mapName: string,
  importing: () => ImportedTensorFile,
): ImportedTensorFile {
  try {
    return importing();
  } catch (error) {
    if (error instanceof SafetensorsError && error.file === undefined) throw error.inFile(file);
    // of a shard it has the name
    if (error instanceof TorchFileError && error.message.startsWith('torch file: '))
      throw errorInFile(error, file, 'torch file');
    if (isDmnnError(error, 'DMNN_NAME_MAP') && mapName !== 'map') throw errorInFile(error, mapName);
    const [, shard, all] = /-(\d+)-of-(\d+)\.(?:safetensors|bin)$/.exec(file) ?? [];
    if (!(error instanceof ImportError)) throw error;
    if (shard === undefined) throw errorInFile(error, file, 'import');
    const hint = `The file is shard ${Number(shard)} of ${Number(all)}: name their index (.index.json) to read all.`;
    const [what = ''] = error.message.split('\n');
    throw errorInFile(new ImportError(what, error.problems, [...error.hints, hint]), file, 'import');
  }
}

function byFirstPart(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    const part = printable(name.slice(0, name.indexOf('.') + 1) || name, 60);
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

/** Pixels are numbers from 0 to 1 before they are normalised, so means and deviations are, too. */
function channels(name: string, values: readonly number[] | undefined): readonly number[] | undefined {
  const least = name === 'channelDeviations' ? Number.MIN_VALUE : 0;
  if (values === undefined || (values.length === 3 && values.every((each) => each >= least && each <= 1)))
    return values;
  throw new RangeError(
    `${name}: expected three numbers ${least === 0 ? 'from' : 'above'} 0 to 1, the scale of pixels here, got ${values.join(',')}. Divide those of pixels from 0 to 255 by 255.`,
  );
}
