import { type Activation, type Architecture, type HiddenLayer, activations } from '@dmnn/architecture';
import { type BlockShape, type NetworkShape, recognisedNetworks } from '@dmnn/backbones/internal';
import { printable } from '@dmnn/foundation';
import type { Weights } from '@dmnn/weights';
import { ImportError } from '../import-error.js';
import type { NamesOf } from '../name-map-of.js';
import { type HeadlessInFile, type ShapeInFile, headlessInFile, shapesInFile } from './shapes-in-file.js';

/** An architecture that the names and shapes of tensors show. */
export interface RecognisedArchitecture {
  readonly architecture: Architecture;
  /** The naming scheme of the tensors. */
  readonly names: NamesOf;
  /** What was found, in words: depth, kind of blocks, channels, groups, shortcuts, classes. */
  readonly found: string;
  /** What the tensors do not show, and what was assumed; each with the way to say otherwise. */
  readonly assumed: readonly string[];
}

/** Options of {@link recogniseArchitecture}. */
export interface RecogniseOptions {
  /** The naming scheme of the tensors. @defaultValue any that is known */
  readonly names?: NamesOf | undefined;
  /** What the names of the network begin with. @defaultValue found */
  readonly prefix?: string | undefined;
  /** Activation between the linear layers of a head that has several, which has no weights. @defaultValue relu, and `assumed` says so */
  readonly headActivation?: Activation | undefined;
}

/**
 * Finds the undivided network of the zoo that has these tensors, by their names and shapes: family, depth, width, groups,
 * classes, and whether shortcuts are projections or padded. Strides and pools have no weights; where that leaves several
 * networks, the usual one is taken and `assumed` says so, or there is an error that names them.
 *
 * @param tensors - in PyTorch's layouts, or by our names and in our layouts
 * A head may have several linear layers, `fc.0` and `fc.3` in a `Sequential`.
 *
 * @throws ImportError if the tensors are those of no network of the zoo, or of several; RangeError for a `headActivation` that is none,
 *   or where the head has one linear layer
 * @example
 * ```ts
 * import { recogniseArchitecture } from '@dmnn/import';
 * import { createArchitecture } from '@dmnn/backbones';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const weights = initialWeights(createArchitecture('cifar-resnet20', { classes: 10 }), { seed: 1 });
 * const { architecture, found } = recogniseArchitecture(weights);
 * console.log(architecture.name, architecture.head.classes); // => cifar-resnet20 10
 * console.log(found.slice(0, 24)); // => stem 3×3, 16 channels; 3
 * ```
 */
export function recogniseArchitecture(
  tensors: Weights,
  { names, prefix, headActivation }: RecogniseOptions = {},
): RecognisedArchitecture {
  assertHeadActivation(headActivation);
  const shapes = shapesInFile(tensors, prefix).filter((each) => names === undefined || each.names === names);
  for (const each of shapes) {
    const networks = recognisedNetworks(each.shape);
    const [network] = networks;
    if (network) return withHidden(chosen(network, networks, each), each, headActivation);
  }
  throw unknown(tensors, shapes, prefix);
}

function chosen(
  network: Architecture,
  networks: readonly Architecture[],
  { names, shape }: ShapeInFile,
): RecognisedArchitecture {
  const [, twin] = networks;
  const found = inWords(shape);
  const { name, imageSizePx } = network;
  const assumed = [`images of ${imageSizePx} pixels, for which its family is made`];
  if (/^cifar-resnet\d+(?!.*-basic)/.test(name) && shape.stages.length === 4) {
    throw ambiguous(found, [
      `${name}, with a max pool after its stem: --model ${name}`,
      'a ResNet of bottlenecks without that pool, as in pytorch-cifar: --model FILE.json, with its architecture',
    ]);
  }
  if (twin && twin.name.startsWith('cifar-') && shape.classes !== 1000) {
    throw ambiguous(
      found,
      networks.map(
        (each) =>
          `${each.name}, whose stem has stride ${each.stem.units[0]?.stride ?? 1}, for images of ${each.imageSizePx} pixels: --model ${each.name} --classes ${shape.classes}`,
      ),
    );
  }
  if (twin?.name.startsWith('cifar-'))
    assumed.push(
      `a stem of stride 2, since there are 1000 classes; of stride 1 it is --model ${twin.name} --classes 1000`,
    );
  else if (twin)
    assumed.push(
      `the stride of a block on its 3×3 convolution, as in torchvision; on the first 1×1 it is --model ${twin.name}`,
    );
  if (name.endsWith('-pad'))
    assumed.push('shortcuts padded with zeros where the size changes, since they have no weights');
  if (name.startsWith('efficientnet-lite') && names === 'timm') {
    const tf = `tf_${name.replace('-', '_')}`;
    assumed.push(
      `TensorFlow's padding and an ε of 1e-3, as in timm's ${tf}; its own ${tf.slice(3)} has others, and needs --model FILE.json`,
    );
  }
  return { architecture: network, names, found, assumed };
}

/**
 * A network of the zoo with the head that a file has, where that has several linear layers.
 *
 * @returns undefined if the head has one, as the zoo's do, or is not known
 * @throws RangeError for a `headActivation` that is none, or where the head has one linear layer
 */
export function withHeadInFile(
  architecture: Architecture,
  tensors: Weights,
  { names, prefix, headActivation }: RecogniseOptions,
): RecognisedArchitecture | undefined {
  assertHeadActivation(headActivation);
  const shapes = shapesInFile(tensors, prefix).filter((each) => names === undefined || each.names === names);
  const inFile = shapes.find(({ hidden }) => hidden.length > 0) ?? shapes[0];
  if (!inFile || (inFile.hidden.length === 0 && headActivation === undefined)) return undefined;
  const { classes } = inFile.shape;
  const named = { architecture, names: inFile.names, found: `a head of; ${classes} classes`, assumed: [] };
  const { found, ...others } = withHidden(named, inFile, headActivation);
  return { ...others, found: found.replace('of; ', 'of ') };
}

function assertHeadActivation(activation: Activation | undefined): void {
  if (activation === undefined || activation in activations) return;
  throw new RangeError(
    `headActivation: expected ${Object.keys(activations).join(', ')}, got '${activation as string}'`,
  );
}

/** The network with the head that the file has. */
function withHidden(
  recognised: RecognisedArchitecture,
  { hidden: inFile }: ShapeInFile,
  activation: Activation | undefined,
): RecognisedArchitecture {
  if (inFile.length === 0 && activation === undefined) return recognised;
  if (inFile.length === 0)
    throw new RangeError(
      `headActivation: expected none, since the head has one linear layer, got '${activation as string}'. Leave it out.`,
    );
  const { architecture, found, assumed } = recognised;
  const hidden = inFile.map(({ features, isNextTo }): HiddenLayer => ({
    features,
    activation: activation ?? (isNextTo ? 'none' : 'relu'),
  }));
  const paths = listed(inFile.map(({ path }) => printable(path, 100)));
  const others = Object.keys(activations).filter((name) => name !== hidden[0]?.activation);
  const guess = `${listed([...new Set(hidden.map((each) => each.activation))])} after ${paths}, the head's linear layers before its last; another is --head-activation ${others.join(', ')}`;
  return {
    ...recognised,
    architecture: { ...architecture, head: { ...architecture.head, hidden } },
    found: found.replace(
      /; (?=\d+ classes$)/,
      `; ${listed(hidden.map(({ features }) => features))} hidden features; `,
    ),
    assumed: activation === undefined ? [...assumed, guess] : assumed,
  };
}

function ambiguous(found: string, networks: readonly string[]): ImportError {
  return new ImportError(
    `import: expected the tensors of one network, got those of ${networks.length} that differ in what has no weights (${found}):`,
    networks,
    ['Choose one with --model.'],
  );
}

function unknown(tensors: Weights, shapes: readonly ShapeInFile[], prefix: string | undefined): ImportError {
  const [first] = shapes;
  const remedy =
    'Pass its name with --model, or its architecture as a .json file, with a map of names (--names) if it has others.';
  if (first)
    return new ImportError(
      `import: expected a network of the zoo, got one by ${first.names}'s names with ${inWords(first.shape)}.`,
      [],
      [remedy],
    );
  const headless = headlessInFile(tensors, prefix);
  if (headless) throw headUnknown(tensors, headless);
  const names = [...tensors.keys()]
    .slice(0, 3)
    .map((name) => `${printable(name, 60)} [${printable((tensors.get(name)?.shape ?? []).join(', '), 60)}]`);
  const where = prefix === undefined ? '' : ` after the prefix '${printable(prefix, 100)}'`;
  return new ImportError(
    `import: expected the tensors of an undivided ResNet, ResNeXt, MobileNetV2 or EfficientNet-Lite by a known scheme of names${where}, got ${tensors.size} tensors: ${names.join(', ')}, ….`,
    [],
    [remedy],
  );
}

/** Stem and blocks are known; the head is named otherwise, lacks, or does not fit together. */
function headUnknown(tensors: Weights, { names, prefix, blocks, linear }: HeadlessInFile): ImportError {
  const matrices = [...tensors].filter(([, { shape }]) => shape.length === 2);
  const found = matrices
    .slice(0, 4)
    .map(([name, { shape }]) => `${printable(name, 60)} [${shape.join(', ')}]`)
    .concat(matrices.length > 4 ? [`${matrices.length - 4} more`] : []);
  const isOurs = names === 'dmnn';
  const place = `${printable(prefix, 100)}${linear}`;
  const several = isOurs ? 'head.hidden0 before it' : `${place.replace(/\.\d+$/, '')}.0, ….3`;
  return new ImportError(
    `import: expected the linear layers of a head at ${place} (or ${several}), each of which takes what the one before gives, after ${blocks} blocks by ${names}'s names, got ${found.length > 0 ? found.join(', ') : 'no matrix at all'}.`,
    [],
    [
      found.length > 0
        ? `Rename the tensors of the head to ${place}.weight and ${place}.bias before they are saved, or pass --model and --names MAP.json, which has "head.linear" with the name of the last one.`
        : 'The file is of a network without its classifier: save one with it.',
    ],
  );
}

/** `stem 7×7; 3, 4, 6 and 3 bottlenecks of 256, 512, 1024 and 2048 channels; groups: 1; projections; 1000 classes` */
function inWords({ stem, stages, classes }: NetworkShape): string {
  const blocks = stages.flat();
  const kinds = [...new Set(blocks.map(({ kind }) => kind))];
  const kind = kinds.length === 1 ? kindsInWords[kinds[0] as BlockShape['kind']] : 'blocks of several kinds';
  const depths = listed(stages.map((stage) => stage.length));
  const channels = listed(stages.map((stage) => stage.at(-1)?.units.at(-1)?.outChannels ?? 0));
  const grouped = blocks[0]?.units[1];
  const groups =
    grouped && kinds[0] === 'bottleneck'
      ? [`${grouped.outChannels / grouped.groupChannels} groups of ${grouped.groupChannels}`]
      : [];
  const isResidual = !kinds.includes('inverted-residual');
  const projections = blocks.filter(({ shortcut }) => shortcut).length;
  return [
    `stem ${stem[0]?.kernelSize ?? 0}×${stem[0]?.kernelSize ?? 0}, ${stem[0]?.outChannels ?? 0} channels`,
    `${depths} ${kind} of ${channels} channels`,
    ...groups,
    ...(isResidual ? [projections > 0 ? `${projections} projections` : 'no projections'] : []),
    `${classes} classes`,
  ].join('; ');
}

const kindsInWords: { readonly [kind in BlockShape['kind']]: string } = {
  basic: 'basic blocks',
  bottleneck: 'bottlenecks',
  'inverted-residual': 'inverted residuals',
};

/** `3, 4, 6 and 3`; not all of very many. */
function listed(values: readonly (number | string)[]): string {
  const shown = values.slice(0, 8).map(String);
  const last = values.length > 8 ? `${values.length - 8} more` : shown.pop();
  return shown.length === 0 ? (last ?? '') : `${shown.join(', ')} and ${last ?? ''}`;
}
