import { printable } from '@dmnn/foundation';
import type { WeightTensor } from '@dmnn/weights';
import { type ReadableDtype, decodeTensor } from '@dmnn/weights/internal';
import type { PassedOver } from '../torch/weights-in.js';
import type { Hdf5Contents, Hdf5Dataset } from './keras-file.js';
import { KerasFileError } from './keras-file-error.js';
import type { PlacedLayer } from './placed-layers.js';

/** Weights of each layer, by their names in it, in the order of the layers. */
export interface WeightsOfLayers {
  readonly weights: readonly ReadonlyMap<string, WeightTensor>[];
  readonly converted: { readonly [dtype: string]: number };
  readonly passedOver: readonly PassedOver[];
}

const DTYPES: { readonly [dtype: string]: ReadableDtype } = { '<f4': 'F32', '<f2': 'F16', '<f8': 'F64' };

/**
 * Of names that end in the layer's and the weight's: `model_weights/conv1/conv1/kernel:0`, `sequential/dense/bias`.
 *
 * @throws KerasFileError if a weight belongs to no layer, or to several
 */
export function weightsByName(
  layers: readonly PlacedLayer[],
  tensors: ReadonlyMap<string, WeightTensor>,
): ReadonlyMap<string, WeightTensor>[] {
  const found = layers.map(() => new Map<string, WeightTensor>());
  const byName = new Map<string, number[]>();
  layers.forEach(({ path }, i) => {
    const own = path.at(-1) as string;
    byName.set(own, [...(byName.get(own) ?? []), i]);
  });
  for (const [name, tensor] of tensors) {
    const parts = name.replace(/:\d+$/, '').split('/');
    const weight = weightName(parts.pop() as string);
    const own = [...parts].reverse().find((part) => byName.has(part));
    const several = byName.get(own ?? '') ?? [];
    // layers of one name in several models: the one whose models are named too
    const fitting = several.filter((i) => layers[i]?.path.every((part) => parts.includes(part)));
    const [at, other] = several.length > 1 ? fitting : several;
    if (at === undefined || other !== undefined)
      throw bad(
        `expected weights of the layers in the configuration, got ${printable(name, 150)}, of ${at === undefined ? 'none' : 'several'}`,
      );
    if (found[at]?.has(weight))
      throw bad(`expected one ${printable(weight, 100)} of the layer ${printable(own ?? '', 100)}, got two`);
    found[at]?.set(weight, tensor);
  }
  return found;
}

/** Keras 2 calls a depthwise convolution's otherwise. */
function weightName(name: string): string {
  return name === 'depthwise_kernel' ? 'kernel' : name;
}

/** Weights of a whole model as Keras 2 writes it, or Keras 3 as `.h5`. */
export function weightsInH5(layers: readonly PlacedLayer[], { datasets }: Hdf5Contents): WeightsOfLayers {
  const inside = [...datasets].filter(([name]) => name.startsWith('model_weights/'));
  const tensors = new Map(
    inside.map(([name, each]) => [name.slice('model_weights/'.length), decoded(name, each)] as const),
  );
  return {
    weights: weightsByName(layers, tensors),
    converted: convertedIn(inside.map(([, each]) => each)),
    passedOver: groupsOutside(datasets, (name) => name.startsWith('model_weights/')),
  };
}

/** Weights of `model.weights.h5` in a `.keras` archive: groups by class and count, in which they are numbered. */
export function weightsInArchive(
  layers: readonly PlacedLayer[],
  { datasets }: Hdf5Contents,
): WeightsOfLayers {
  const used = new Map<string, Hdf5Dataset>();
  const isOlder = [...datasets.keys()].some((name) => name.startsWith('_layer_checkpoint_dependencies/'));
  const weights = layers.map(({ className, config, group, path }) => {
    // Keras 2.12 to 2.15 wrote the same archive with another name of the first group
    const place = isOlder ? group.replace(/(^|\/)layers\//g, '$1_layer_checkpoint_dependencies/') : group;
    const names = weightNames(className, config);
    const own = new Map<string, WeightTensor>();
    for (let i = 0; ; i++) {
      const name = `${place}/vars/${i}`;
      const dataset = datasets.get(name);
      if (!dataset) break;
      const called = names[i];
      if (called === undefined)
        throw bad(
          `layer ${printable(path.join('/'), 100)}: expected ${names.length} weights, as ${printable(className, 60)} has, got more`,
        );
      used.set(name, dataset);
      own.set(called, decoded(name, dataset));
    }
    return own;
  });
  const others = [...datasets.keys()].filter(
    (name) => !used.has(name) && /^(?:layers|_layer_checkpoint_dependencies)\//.test(name),
  );
  // generators of random numbers of layers such as Dropout
  const [unknown] = others.filter((name) => !name.includes('/seed_generator/'));
  if (unknown !== undefined)
    throw bad(`expected weights of the layers in config.json, got ${printable(unknown, 150)}, of none`);
  return {
    weights,
    converted: convertedIn([...used.values()]),
    passedOver: groupsOutside(datasets, (name) => used.has(name) || others.includes(name)),
  };
}

/** In the order in which Keras 3 keeps them. */
function weightNames(className: string, config: PlacedLayer['config']): string[] {
  const bias = config['use_bias'] === false ? [] : ['bias'];
  switch (className) {
    case 'Conv2D':
    case 'DepthwiseConv2D':
    case 'Dense':
      return ['kernel', ...bias];
    case 'BatchNormalization':
      return [
        ...(config['scale'] === false ? [] : ['gamma']),
        ...(config['center'] === false ? [] : ['beta']),
        'moving_mean',
        'moving_variance',
      ];
    default:
      return [];
  }
}

function decoded(name: string, { shape, dtype, bytes }: Hdf5Dataset): WeightTensor {
  const known = Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  if (!known)
    throw bad(`${printable(name, 150)}: expected float32, float16 or float64, got ${printable(dtype, 40)}`);
  return decodeTensor(known, shape, bytes);
}

function convertedIn(datasets: readonly Hdf5Dataset[]): Record<string, number> {
  const names: { readonly [dtype: string]: string } = { '<f2': 'float16', '<f8': 'float64' };
  const counts: Record<string, number> = {};
  for (const { dtype } of datasets) {
    const name = names[dtype];
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Groups at the root that are no weights of layers, such as `optimizer`. */
function groupsOutside(
  datasets: Hdf5Contents['datasets'],
  isInside: (name: string) => boolean,
): PassedOver[] {
  const counts = new Map<string, number>();
  for (const name of datasets.keys()) {
    if (isInside(name)) continue;
    const group = name.split('/')[0] ?? '';
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return [...counts].map(([key, tensors]) => ({ key: printable(key, 100), what: 'a group', tensors }));
}

function bad(what: string): KerasFileError {
  return new KerasFileError('weights', `${what}.`);
}
