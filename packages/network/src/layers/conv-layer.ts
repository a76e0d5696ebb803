import type { ConvUnit } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { activate } from '../kernels/activate.js';
import { batchNormEpsilon } from '@dmnn/architecture/internal';
import { type BatchNorm, batchNorm } from './batch-norm.js';
import { biasedConvolution, convolution } from './sliding-windows.js';
import { hasNormSum } from '../kernels/custom-operation.js';
import { normSum } from '../kernels/norm-sum.js';
import { type PackedFilter, packedConvolution } from '../kernels/packed-convolution.js';
import type { LayerVariables } from './layer-variables.js';
import type { Pass } from './pass.js';

/** A map to a map, `[B, H, W, C]` → `[B, H', W', C']`. Disposes none of its arguments. */
export type MapLayer = (x: tf.Tensor4D, pass: Pass) => tf.Tensor4D;

/** A convolution unit with its variables: convolution, then batch norm or bias, then the activation. */
export interface ConvLayer {
  readonly unit: ConvUnit;
  /** `[k, k, Cin / groups, Cout]`. */
  readonly weight: tf.Variable<tf.Rank.R4>;
  /** Its batch norm, if it follows the convolution directly. */
  readonly norm: BatchNorm | undefined;
  /** Runs the whole unit. */
  readonly run: MapLayer;
  /**
   * The unit's convolution and bias as one filter, where a pass may run it as that: with batch norm folded, on a backend
   * that has a kernel for it. Otherwise undefined.
   */
  readonly packed: (pass: Pass) => PackedFilter | undefined;
}

/** Binds the variables of a unit. */
export function convLayer(path: string, unit: ConvUnit, parameters: LayerVariables): ConvLayer {
  const { variables, folded } = parameters;
  const vector = (name: string) => variables.get<tf.Rank.R1>(`${path}.${name}`);
  const weight = variables.get<tf.Rank.R4>(`${path}.weight`);
  const bias = unit.bias ? vector('bias') : undefined;
  const normalise = unit.batchNorm ? batchNorm(path, parameters, batchNormEpsilon(unit)) : undefined;
  if (normalise) {
    const [gamma, beta] = [vector('gamma'), vector('beta')];
    const [movingMean, movingVariance] = [vector('movingMean'), vector('movingVariance')];
    const { groups } = unit;
    const { epsilon } = normalise;
    folded.add(path, { groups, epsilon, weight, bias, gamma, beta, movingMean, movingVariance });
  }
  const norm = bias ? undefined : normalise;
  const foldedFor = ({ statistics }: Pass) =>
    statistics === 'moving' && !tf.engine().isTapeOn() ? folded.get(path) : undefined;
  const run: MapLayer = (x, pass) => {
    pass.enter(path);
    const one = foldedFor(pass);
    if (one?.packed) return packedConvolution(x, one, unit, unit.activation);
    if (one) return biasedConvolution(x, one.weight, one.bias, unit);
    return tf.tidy(() => {
      let y = convolution(x, weight, unit);
      if (norm && pass.statistics === 'batch' && hasNormSum()) return normalised(y, norm, unit, pass);
      if (bias) y = tf.add(y, bias);
      if (normalise) y = normalise.run(y, pass);
      return activate(y, unit.activation);
    });
  };
  const packed: ConvLayer['packed'] = (pass) => {
    const one = foldedFor(pass);
    return one?.packed && one;
  };
  return { unit, weight, norm, run, packed };
}

/** activation(batch norm(y)) with the statistics of the batch, in one operation. */
function normalised(y: tf.Tensor4D, norm: BatchNorm, { activation }: ConvUnit, pass: Pass): tf.Tensor4D {
  const { views } = normSum({
    paths: [{ x: y }],
    normalisations: [norm.forBatch(y, pass)],
    epsilon: norm.epsilon,
    activation,
    views: 1,
    pooled: false,
  });
  return views[0]?.[0] as tf.Tensor4D;
}

/** The units of a list, at `path.unit0` and so on. */
export function convLayers(
  path: string,
  units: readonly ConvUnit[],
  parameters: LayerVariables,
): ConvLayer[] {
  return units.map((unit, k) => convLayer(`${path}.unit${k}`, unit, parameters));
}

/** Runs units one after the other and frees the maps between them at once. Returns `x` itself if there are none. */
export function runInTurn(layers: readonly ConvLayer[], x: tf.Tensor4D, pass: Pass): tf.Tensor4D {
  return layers.reduce((current, layer) => {
    const next = layer.run(current, pass);
    if (current !== x) current.dispose();
    return next;
  }, x);
}
