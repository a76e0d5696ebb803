import {
  type Activation,
  type Architecture,
  type Head,
  type HiddenLayer,
  headLayers,
  validateArchitecture,
} from '@dmnn/architecture';
import { printable } from '@dmnn/foundation';
import { type WeightTensor, type Weights, variableSpecs } from '@dmnn/weights';
import { weightProblems } from '@dmnn/weights/internal';
import type { KerasFile, KerasFileLayer } from './keras-file.js';
import { KerasFileError } from './keras-file-error.js';
import { type FoundBlock, type FoundNetwork, networkFrom, stagesOf } from './layer-blocks.js';
import { LayerGraph, notHere } from './layer-graph.js';
import { type FoundUnit, activationOf, weightOf } from './layer-units.js';
import {
  type ImagePreprocessing,
  type Normalisation,
  normalisations,
  turnedInputs,
} from '../preprocessing.js';
import { applicationOf, normalisationOf, rescaled } from './preprocessing.js';

/** Options of {@link networkOfKerasFile}. */
export interface KerasImportOptions {
  /** How images are prepared. @defaultValue what the model's first layers or its application say, otherwise `torch` */
  readonly preprocessing?: ImagePreprocessing | undefined;
}

/** A network of Keras in our terms. */
export interface ImportedKerasFile {
  readonly architecture: Architecture;
  /** Weights by our names and in our layouts, in the order of the variables. */
  readonly weights: Weights;
  /** Of red, green and blue from 0 to 1. */
  readonly channelMeans: readonly number[];
  readonly channelDeviations: readonly number[];
  /** What was found, in words. */
  readonly found: string;
  /** Choices that the file does not make, each with the way to make another. */
  readonly assumed: readonly string[];
  /** What is another here, and does the same. */
  readonly changes: readonly string[];
}

/**
 * The network that the layers of a model are: a ResNet of Keras (stride on the first 1×1, biased convolutions, ε 1.001e-5), a
 * MobileNetV2 at any alpha (ε 1e-3, TensorFlow's padding), or another of units and blocks like theirs, with the mean of the
 * last map and dense layers. The softmax at the end is left out: outputs are logits.
 *
 * A bias before a batch norm goes into its moving mean. A network that takes blue, green and red gets the inputs of its first
 * convolution in the order red, green, blue, with the means to fit.
 *
 * @throws KerasFileError naming the layer that does not fit
 */
export function networkOfKerasFile(file: KerasFile, options: KerasImportOptions = {}): ImportedKerasFile {
  const graph = new LayerGraph(file);
  const { first } = graph;
  const { imageSizePx, inChannels, isAnySize } = inputOf(first);
  const { start, inside } = scalesAfter(graph, first);
  const found = networkFrom(graph, start, inChannels);
  const classifier = classifierOf(graph, found.mean);
  const { dense, classes, softmax } = classifier;
  const { normalisation, says, assumed } = preprocessingOf(file, inside, options);
  const architecture = validateArchitecture({
    name: `keras-${printable(file.name, 60).replace(/[^\w.-]+/g, '-')}`,
    imageSizePx,
    inChannels,
    stem: { units: found.stem.map(({ unit }) => unit), ...(found.pool ? { pool: found.pool } : {}) },
    stages: stagesOf(found.blocks),
    head: headOf(found, classifier),
  });
  const weights = weightsOf(architecture, found, dense, normalisation.isBgr);
  const absorbed = unitsOf(found).filter(({ absorbedBias }) => absorbedBias).length;
  return {
    architecture,
    weights,
    channelMeans: normalisation.channelMeans,
    channelDeviations: normalisation.channelDeviations,
    found: `${inWords(found, classes)}; ${says}`,
    assumed: [
      ...(isAnySize ? [`images of ${imageSizePx} pixels, since the model takes any size`] : []),
      ...assumed,
    ],
    changes: [
      ...file.changes,
      ...(softmax ? ['the softmax at the end is left out: outputs are logits'] : []),
      ...(absorbed > 0
        ? [`the biases of ${absorbed} convolutions went into the means of their batch norms`]
        : []),
      ...(normalisation.isBgr
        ? ['the first convolution takes red, green, blue; its inputs were in the order blue, green, red']
        : []),
    ],
  };
}

function inputOf(first: KerasFileLayer): {
  readonly imageSizePx: number;
  readonly inChannels: number;
  readonly isAnySize: boolean;
} {
  const shape = first.config['batch_input_shape'];
  const [, height, width, channels] = Array.isArray(shape) && shape.length === 4 ? (shape as unknown[]) : [];
  if (channels !== 3) throw notHere(first, 'an input [batch, height, width, 3]');
  const isAnySize = height === null && width === null;
  if (isAnySize) return { imageSizePx: 224, inChannels: 3, isAnySize };
  if (height === width && Number.isSafeInteger(height) && (height as number) > 0)
    return { imageSizePx: height as number, inChannels: 3, isAnySize };
  throw notHere(first, `square images, got ${JSON.stringify(shape)}`);
}

/** Past the layers that scale the image. */
function scalesAfter(
  graph: LayerGraph,
  first: KerasFileLayer,
): { readonly start: string; readonly inside: Normalisation | undefined } {
  let layer = first.className === 'InputLayer' ? graph.next(first.name, 'Rescaling') : first;
  if (layer?.className !== 'Rescaling') {
    if (first.className !== 'InputLayer') throw notHere(first, 'an input of known shape before it');
    return { start: first.name, inside: undefined };
  }
  let scale = rescaled(layer);
  for (let next = graph.next(layer.name, 'Rescaling'); next; next = graph.next(layer.name, 'Rescaling')) {
    scale = rescaled(next, scale);
    layer = next;
  }
  return { start: layer.name, inside: normalisationOf(layer, scale) };
}

/** The dense layers after the mean: hidden ones, and the last, which gives the logits. */
interface Classifier {
  readonly dense: readonly KerasFileLayer[];
  readonly hidden: readonly HiddenLayer[];
  readonly classes: number;
  /** Whether a softmax follows. */
  readonly softmax: boolean;
}

function classifierOf(graph: LayerGraph, mean: KerasFileLayer): Classifier {
  if (mean.config['keepdims'] === true) throw notHere(mean, 'a mean without keepdims');
  let at = graph.next(mean.name, 'Flatten')?.name ?? mean.name;
  const dense: KerasFileLayer[] = [];
  const hidden: HiddenLayer[] = [];
  for (;;) {
    const layer = graph.next(at, 'Dense');
    if (!layer)
      throw notHere(
        graph.after(at)[0] ?? mean,
        'a dense layer after the mean; a model without a classifier (include_top=False) has none',
      );
    dense.push(layer);
    const after = graph.next(layer.name, 'Activation', 'ReLU', 'Softmax');
    at = (after ?? layer).name;
    const activation = denseActivation(layer, after);
    const features = layer.weights.get('kernel')?.shape[1] ?? 0;
    if (at === graph.output) {
      if (activation !== 'none' && activation !== 'softmax')
        throw notHere(after ?? layer, 'softmax or nothing after the last layer');
      if (features === 1)
        throw notHere(
          layer,
          'at least two classes, got one output, which has no likeliest class; train it with an output for each class',
        );
      return { dense, hidden, classes: features, softmax: activation === 'softmax' };
    }
    if (activation === 'softmax') throw notHere(after ?? layer, 'the output of the model after its softmax');
    hidden.push({ features, activation });
  }
}

function denseActivation(layer: KerasFileLayer, after: KerasFileLayer | undefined): Activation | 'softmax' {
  const own = layer.config['activation'] ?? 'linear';
  if (after && own !== 'linear') throw notHere(after, 'one activation after a dense layer');
  const deciding = after ?? layer;
  if (deciding.className === 'Softmax' || deciding.config['activation'] === 'softmax') return 'softmax';
  return !after && own === 'linear' ? 'none' : activationOf(deciding, ', softmax');
}

function headOf({ head, channels }: FoundNetwork, { hidden, classes }: Classifier): Head {
  const units = head.map(({ unit }) => unit);
  return { units, inFeatures: channels, ...(hidden.length > 0 ? { hidden } : {}), classes };
}

function preprocessingOf(
  file: KerasFile,
  inside: Normalisation | undefined,
  { preprocessing }: KerasImportOptions,
): { readonly normalisation: Normalisation; readonly says: string; readonly assumed: readonly string[] } {
  if (inside && preprocessing !== undefined)
    throw new RangeError(
      `preprocessing: expected none, since the model scales its images itself, got '${preprocessing}'.`,
    );
  if (inside) return { normalisation: inside, says: 'images are scaled by its first layers', assumed: [] };
  const application = applicationOf(file.layers);
  const mode = preprocessing ?? application?.mode ?? 'torch';
  const normalisation = normalisations[mode];
  const says = `images prepared as '${mode}'`;
  if (preprocessing !== undefined) return { normalisation, says, assumed: [] };
  const why = application
    ? `preprocessing '${mode}', as keras.applications has it for a ${application.name}; trained on other images it is --preprocessing caffe, lite, tf or torch, or --means and --deviations`
    : "preprocessing 'torch' (means and deviations of ImageNet); others are set with --preprocessing caffe, lite or tf, or --means and --deviations";
  return { normalisation, says, assumed: [why] };
}

function weightsOf(
  architecture: Architecture,
  found: FoundNetwork,
  dense: readonly KerasFileLayer[],
  isBgr: boolean,
): Weights {
  const all = new Map<string, WeightTensor>();
  const add = (path: string, { numbers }: FoundUnit) => {
    for (const [name, tensor] of numbers) all.set(`${path}.${name}`, tensor);
  };
  found.stem.forEach((unit, k) => {
    add(`stem.unit${k}`, unit);
  });
  let b = 0;
  architecture.stages.forEach(({ blocks }, s) => {
    blocks.forEach((_, i) => {
      const { units, shortcut } = found.blocks[b++] as FoundBlock;
      if (shortcut) add(`stage${s}.block${i}.shortcut`, shortcut);
      units.forEach((unit, k) => {
        add(`stage${s}.block${i}.subblock0.unit${k}`, unit);
      });
    });
  });
  found.head.forEach((unit, k) => {
    add(`head.unit${k}`, unit);
  });
  headLayers(architecture.head).forEach(({ name, inputs, outputs }, i) => {
    const layer = dense[i] as KerasFileLayer;
    const none: WeightTensor = { dtype: 'F32', shape: [outputs], data: new Float32Array(outputs) };
    all.set(`head.${name}.weight`, weightOf(layer, 'kernel', [inputs, outputs]));
    all.set(
      `head.${name}.bias`,
      layer.config['use_bias'] === false ? none : weightOf(layer, 'bias', [outputs]),
    );
  });
  const specs = variableSpecs(architecture);
  const first = specs[0]?.name ?? '';
  if (isBgr) all.set(first, turnedInputs(all.get(first) as WeightTensor));
  const problems = weightProblems(specs, all);
  if (problems.length > 0)
    throw new KerasFileError('weights', `weights do not fit the layers: ${problems[0]}.`);
  return new Map(specs.map(({ name }) => [name, all.get(name) as WeightTensor]));
}

function unitsOf({ stem, blocks, head }: FoundNetwork): FoundUnit[] {
  const inBlocks = blocks.flatMap(({ units, shortcut }) => (shortcut ? [shortcut, ...units] : units));
  return [...stem, ...inBlocks, ...head];
}

/** `stem 7×7, 64 channels; 16 blocks (bottleneck) of 256 to 2048 channels; 1000 classes` */
function inWords({ stem, blocks }: FoundNetwork, classes: number): string {
  const kinds = [...new Set(blocks.map(({ block }) => block.kind))].join(', ');
  const channels = blocks.map(({ units }) => units.at(-1)?.unit.outChannels ?? 0);
  const first = stem[0]?.unit;
  return [
    ...(first ? [`stem ${first.kernelSize}×${first.kernelSize}, ${first.outChannels} channels`] : []),
    `${blocks.length} blocks (${kinds}) of ${channels[0] ?? 0} to ${channels.at(-1) ?? 0} channels`,
    `${classes} classes`,
  ].join('; ');
}
