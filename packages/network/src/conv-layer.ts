import type { ConvUnit } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { activate } from './activate.js';
import { batchNorm } from './batch-norm.js';
import { convolution } from './convolution.js';
import type { NamedVariables } from './named-variables.js';
import type { Statistics } from './statistics.js';

/** A map to a map, `[B, H, W, C]` → `[B, H', W', C']`. Disposes nothing it was given. */
export type MapLayer = (x: tf.Tensor4D, statistics: Statistics) => tf.Tensor4D;

/** A convolution unit with its variables: convolution, then batch norm or bias, then the activation. */
export function convLayer(path: string, unit: ConvUnit, variables: NamedVariables): MapLayer {
  const weight = variables.get<tf.Rank.R4>(`${path}.weight`);
  const bias = unit.bias ? variables.get<tf.Rank.R1>(`${path}.bias`) : undefined;
  const normalise = unit.batchNorm ? batchNorm(path, variables) : undefined;
  return (x, statistics) =>
    tf.tidy(() => {
      let y = convolution(x, weight, unit);
      if (bias) y = tf.add(y, bias);
      if (normalise) y = normalise(y, statistics);
      return activate(y, unit.activation);
    });
}

/** Units one after the other; what lies between two of them is freed at once. Gives `x` itself if there are none. */
export function convLayers(path: string, units: readonly ConvUnit[], variables: NamedVariables): MapLayer {
  const layers = units.map((unit, k) => convLayer(`${path}.unit${k}`, unit, variables));
  return (x, statistics) =>
    layers.reduce((current, layer) => {
      const next = layer(current, statistics);
      if (current !== x) current.dispose();
      return next;
    }, x);
}
