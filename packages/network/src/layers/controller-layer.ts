import type { Controller, SqueezeController, StateController } from '@dmnn/architecture';
import { BATCH_NORM_EPSILON } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import { batchNorm } from './batch-norm.js';
import { relu } from '../kernels/activate.js';
import type { LayerVariables, NamedVariables } from './layer-variables.js';
import type { Pass } from './pass.js';

/** A controller's outputs for a block's input. */
interface Decision {
  /** `[B, N, 2]`: image, sub-block, (off, on). */
  readonly logits: tf.Tensor3D;
  /** `[B, D]`, h_l; absent if the controller has none. */
  readonly state?: tf.Tensor2D;
}

/** The mean of a block's input over height and width `[B, C]`, Eq. 5, and the state before `[B, D]` → a decision. */
export type ControllerLayer = (mean: tf.Tensor2D, previous: tf.Tensor2D | undefined, pass: Pass) => Decision;

/** A controller with its variables. */
export function controllerLayer(
  path: string,
  controller: Controller,
  parameters: LayerVariables,
): ControllerLayer {
  return controller.kind === 'state'
    ? stateLayer(path, controller, parameters)
    : squeezeLayer(path, controller, parameters);
}

function stateLayer(
  path: string,
  controller: StateController,
  { variables }: LayerVariables,
): ControllerLayer {
  const { previousState } = controller;
  const embed = linear(`${path}.embed`, variables);
  const decide = linear(`${path}.decide`, variables);
  const carryPath = previousState === 'shared' ? 'controllers.carry' : `${path}.carry`;
  return (mean, previous) =>
    tf.tidy(() => {
      const current = relu(embed(mean)); // Eq. 6
      const state =
        previous && previousState !== 'none'
          ? tf.add<tf.Tensor2D>(current, relu(linear(carryPath, variables)(previous))) // Eq. 7
          : current;
      return { state, logits: pairs(decide(state)) };
    });
}

function squeezeLayer(
  path: string,
  _controller: SqueezeController,
  parameters: LayerVariables,
): ControllerLayer {
  const { variables } = parameters;
  const embed = linear(`${path}.embed`, variables);
  const normalise = batchNorm(`${path}.embed`, parameters, BATCH_NORM_EPSILON);
  const decide = linear(`${path}.decide`, variables);
  return (mean, _previous, pass) =>
    tf.tidy(() => ({ logits: pairs(decide(relu(normalise.run(embed(mean), pass)))) }));
}

/** x · weight + bias, where there is one. */
function linear(path: string, variables: NamedVariables): (x: tf.Tensor2D) => tf.Tensor2D {
  const weight = variables.get<tf.Rank.R2>(`${path}.weight`);
  const bias = variables.all.get(`${path}.bias`);
  return (x) => (bias ? tf.add(tf.matMul(x, weight), bias) : tf.matMul(x, weight));
}

/** `[B, 2N]` → `[B, N, 2]` */
function pairs(logits: tf.Tensor2D): tf.Tensor3D {
  const [images, length] = logits.shape;
  return tf.reshape(logits, [images, length / 2, 2]);
}
