import type { HiddenLayer } from '@dmnn/architecture';
import type { CountedCall } from '@dmnn/flops/layers-model';
import type { Float32Tensor } from '@dmnn/weights';
import { layersError } from '../layers-error.js';
import { activationOf, idle, rectifierOf, valuesOf } from './read-units.js';

/** The dense layers of a model, after the mean of its last map. */
export interface ReadClassifier {
  /** Those before the last. */
  readonly hidden: readonly HiddenLayer[];
  readonly inFeatures: number;
  readonly classes: number;
  /** `hidden0.weight`, `linear.bias`, … */
  readonly weights: ReadonlyMap<string, Float32Tensor>;
  /** What comes after the logits, one line each. */
  readonly passedOver: readonly string[];
}

/**
 * Reads the layers after the mean.
 *
 * @returns undefined if the first of them is no dense layer
 * @throws DmnnError `DMNN_LAYERS` naming a layer that has no place between dense layers, or a last one with one unit
 */
export function readClassifier(calls: readonly CountedCall[]): ReadClassifier | undefined {
  const open = calls.filter(({ className }) => !idle.has(className));
  const places = open.flatMap(({ className }, i) => (className === 'Dense' ? [i] : []));
  const [first] = places;
  if (first !== 0) return undefined;
  const last = places.at(-1) ?? 0;
  const hidden: HiddenLayer[] = [];
  const weights = new Map<string, Float32Tensor>();
  places.forEach((at, i) => {
    const dense = open[at] as CountedCall;
    const features = dense.outShape[0] ?? 0;
    const [weight, bias] = valuesOf(dense.layer);
    const name = at === last ? 'linear' : `hidden${i}`;
    weights.set(`${name}.weight`, weight as Float32Tensor);
    weights.set(
      `${name}.bias`,
      bias ?? { dtype: 'F32', shape: [features], data: new Float32Array(features) },
    );
    if (at !== last) hidden.push({ features, activation: between(dense, open.slice(at + 1, places[i + 1])) });
  });
  const classes = open[last]?.outShape[0] ?? 0;
  if (classes === 1) {
    throw layersError(
      `layer ${open[last]?.path ?? ''}`,
      'at least two class scores',
      'one, of which none is the largest',
      'Give the last layer a unit for each class.',
    );
  }
  const { activation = 'linear' } = open[last]?.layer.getConfig() as { activation?: string };
  return {
    hidden,
    inFeatures: weights.get(hidden.length > 0 ? 'hidden0.weight' : 'linear.weight')?.shape[0] ?? 0,
    classes,
    weights,
    passedOver: [
      ...(activation === 'linear'
        ? []
        : [`${open[last]?.path ?? ''}: ${activation}; the network returns logits`]),
      ...open.slice(last + 1).map(({ path, className }) => `${path}: ${className} after the dense layer`),
    ],
  };
}

/** The activation after a hidden layer: its own, or that of one layer. */
function between(dense: CountedCall, after: readonly CountedCall[]): HiddenLayer['activation'] {
  const own = activationOf(dense);
  const [next, more] = after;
  if (!next) return own;
  const activation = own === 'none' && !more ? rectifierOf(next) : undefined;
  if (activation !== undefined) return activation;
  throw layersError(
    `layer ${(more ?? next).path}`,
    'one activation between dense layers: relu, relu6 or hardSwish',
    (more ?? next).className,
    'Leave it out.',
  );
}
