import type { GatedBlock, SqueezeController, StateController } from '@dmnn/architecture';
import { BATCH_NORM_EPSILON } from '@dmnn/weights';
import { recurrentDecideName } from '@dmnn/weights/internal';
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
  /** What the next controller reads, if not `state`: `[B, 2D]`, hidden and cell state of an LSTM. */
  readonly memory?: tf.Tensor2D;
}

/** The mean of a block's input over height and width `[B, C]`, Eq. 5, and what the controller before remembers, `[B, D]` or `[B, 2D]` → a decision. */
export type ControllerLayer = (mean: tf.Tensor2D, previous: tf.Tensor2D | undefined, pass: Pass) => Decision;

/** The controller of a block with its variables. */
export function controllerLayer(
  { path: blockPath, controller, block }: Pick<GatedBlock, 'path' | 'controller' | 'block'>,
  parameters: LayerVariables,
): ControllerLayer {
  const path = `${blockPath}.controller`;
  switch (controller.kind) {
    case 'state':
      return stateLayer(path, controller, parameters);
    case 'squeeze':
      return squeezeLayer(path, controller, parameters);
    case 'recurrent':
      return recurrentLayer(path, block.subBlocks.length, parameters);
    default:
      return controller satisfies never;
  }
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

/**
 * One step of an LSTM, by PyTorch's formulas and order of gates: i, f, g, o.
 *
 * @see Hochreiter and Schmidhuber 1997; `RNNGate` of SkipNet's code
 */
function recurrentLayer(path: string, subBlocks: number, { variables }: LayerVariables): ControllerLayer {
  const embed = linear(`${path}.embed`, variables);
  const inputWeight = variables.get<tf.Rank.R2>('controllers.cell.input.weight');
  const stateWeight = variables.get<tf.Rank.R2>('controllers.cell.state.weight');
  const cellBias = variables.get<tf.Rank.R1>('controllers.cell.bias');
  const decideWeight = variables.get<tf.Rank.R2>(recurrentDecideName(subBlocks));
  const decideBias = variables.get<tf.Rank.R1>(`${path}.decide.bias`);
  return (mean, previous) =>
    tf.tidy(() => {
      const read = tf.add<tf.Tensor2D>(tf.matMul(embed(mean), inputWeight), cellBias);
      const [before, cellBefore] = previous ? tf.split<tf.Tensor2D>(previous, 2, 1) : [];
      const sum = before ? tf.add<tf.Tensor2D>(read, tf.matMul(before, stateWeight)) : read;
      const [i, f, g, o] = tf.split<tf.Tensor2D>(sum, 4, 1) as [
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
        tf.Tensor2D,
      ];
      const written = tf.mul<tf.Tensor2D>(tf.sigmoid(i), tf.tanh(g));
      const cell = cellBefore ? tf.add<tf.Tensor2D>(tf.mul(tf.sigmoid(f), cellBefore), written) : written; // it was 0
      const hidden = tf.mul<tf.Tensor2D>(tf.sigmoid(o), tf.tanh(cell));
      const logits = pairs(tf.add<tf.Tensor2D>(tf.matMul(hidden, decideWeight), decideBias));
      return { logits, memory: tf.concat2d([hidden, cell], 1) };
    });
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
