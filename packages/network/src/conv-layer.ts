import type { ConvUnit } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.js';
import { batchNorm } from './batch-norm.js';
import { biasedConvolution, convolution } from './convolution.js';
import type { FoldedUnits } from './folded-units.js';
import type { NamedVariables } from './named-variables.js';
import type { Statistics } from './statistics.js';

/** A map to a map, `[B, H, W, C]` → `[B, H', W', C']`. Disposes nothing it was given. */
export type MapLayer = (x: tf.Tensor4D, statistics: Statistics) => tf.Tensor4D;

/** The variables of a network, and what was folded of them. */
export interface LayerVariables {
  readonly variables: NamedVariables;
  readonly folded: FoldedUnits;
}

/** A convolution unit with its variables: convolution, then batch norm or bias, then the activation. */
export function convLayer(path: string, unit: ConvUnit, { variables, folded }: LayerVariables): MapLayer {
  const vector = (name: string) => variables.get<tf.Rank.R1>(`${path}.${name}`);
  const weight = variables.get<tf.Rank.R4>(`${path}.weight`);
  const bias = unit.bias ? vector('bias') : undefined;
  const normalise = unit.batchNorm ? batchNorm(path, variables) : undefined;
  if (normalise) {
    const [gamma, beta] = [vector('gamma'), vector('beta')];
    const [movingMean, movingVariance] = [vector('movingMean'), vector('movingVariance')];
    folded.add(path, { weight, bias, gamma, beta, movingMean, movingVariance });
  }
  return (x, statistics) => {
    const one = statistics === 'moving' && !tf.engine().isTapeOn() ? folded.get(path) : undefined;
    if (one) return biasedConvolution(x, one.weight, one.bias, unit);
    return tf.tidy(() => {
      let y = convolution(x, weight, unit);
      if (bias) y = tf.add(y, bias);
      if (normalise) y = normalise(y, statistics);
      return activate(y, unit.activation);
    });
  };
}

/** Units one after the other; what lies between two of them is freed at once. Gives `x` itself if there are none. */
export function convLayers(path: string, units: readonly ConvUnit[], parameters: LayerVariables): MapLayer {
  const layers = units.map((unit, k) => convLayer(`${path}.unit${k}`, unit, parameters));
  return (x, statistics) =>
    layers.reduce((current, layer) => {
      const next = layer(current, statistics);
      if (current !== x) current.dispose();
      return next;
    }, x);
}
