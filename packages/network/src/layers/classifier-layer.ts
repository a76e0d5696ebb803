import type { Head } from '@dmnn/architecture';
import * as tf from '@tensorflow/tfjs-core';
import { spatialMean } from '../kernels/spatial-mean.js';
import { convLayers, runInTurn } from './conv-layer.js';
import type { LayerVariables } from './layer-variables.js';
import type { Pass } from './pass.js';

/** What a classifier reads: a map `[B, H, W, C]`, and its mean `[B, C]` if that is known. */
interface ClassifierInput {
  readonly map: tf.Tensor4D;
  readonly mean: tf.Tensor2D | undefined;
}

/** The head of a network, or an exit, with its variables. */
export interface ClassifierLayer {
  readonly path: string;
  /** Whether convolutions read the map; otherwise only its mean is used. */
  readonly readsMap: boolean;
  /** @returns logits `[B, classes]` */
  readonly run: (input: ClassifierInput, pass: Pass) => tf.Tensor2D;
}

/** Units, the mean over height and width, one linear layer with bias. */
export function classifierLayer(path: string, { units }: Head, parameters: LayerVariables): ClassifierLayer {
  const layers = convLayers(path, units, parameters);
  const weight = parameters.variables.get<tf.Rank.R2>(`${path}.linear.weight`);
  const bias = parameters.variables.get(`${path}.linear.bias`);
  return {
    path,
    readsMap: layers.length > 0,
    run: ({ map, mean }, pass) =>
      tf.tidy(() => {
        const known = layers.length > 0 ? undefined : mean;
        const features = known ?? spatialMean(runInTurn(layers, map, pass));
        return tf.add<tf.Tensor2D>(tf.matMul(features, weight), bias);
      }),
  };
}
