import { type WeightTensor, type Weights, writeSafetensors } from '@dmnn/weights';
import * as tf from '@tensorflow/tfjs-core';
import type { Sgd } from '../optimiser/sgd.js';
import {
  type CheckpointFiles,
  type RunState,
  type StoredCheckpoint,
  encodeRunState,
  headsFile,
  optimiserFile,
  stateFile,
  stateOf,
  tensorsOf,
  weightsFile,
  weightsOf,
  widthsFile,
  widthsOf,
} from '@dmnn/runs/internal';
import type { Learner } from './learner.js';

/** All that a run needs to go on, as files. */
export async function checkpointFiles(
  learner: Learner,
  optimiser: Sgd,
  state: RunState,
): Promise<CheckpointFiles> {
  return new Map([
    ...(await networkFiles(learner, state)),
    ...(learner.heads ? [[headsFile, writeSafetensors(await learner.heads.weights())] as const] : []),
    [optimiserFile, writeSafetensors(await tensorWeights(optimiser.velocities))],
  ]);
}

/** The network alone, as files: what `best` holds. */
export async function networkFiles(learner: Learner, state: RunState): Promise<CheckpointFiles> {
  return new Map([
    [weightsFile, writeSafetensors(await learner.network.weights())],
    ...(learner.companions
      ? [[widthsFile, writeSafetensors(await learner.companions.weights())] as const]
      : []),
    [stateFile, encodeRunState(state)],
  ]);
}

/**
 * Puts a learner and its optimiser where a checkpoint left them.
 *
 * @throws CheckpointError if a file is missing; WeightsError or RangeError listing all that does not fit
 */
export function restoreCheckpoint(checkpoint: StoredCheckpoint, learner: Learner, optimiser: Sgd): RunState {
  const state = stateOf(checkpoint);
  learner.network.load(weightsOf(checkpoint));
  learner.heads?.load(tensorsOf(checkpoint, headsFile));
  learner.companions?.load(widthsOf(checkpoint));
  const velocities = tensorsOf(checkpoint, optimiserFile);
  tf.tidy(() => {
    optimiser.load(
      new Map(
        [...velocities].map(([name, { data, shape }]) => [name, tf.tensor(data as Float32Array, [...shape])]),
      ),
    );
  });
  return state;
}

async function tensorWeights(tensors: ReadonlyMap<string, tf.Tensor>): Promise<Weights> {
  const weights = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    weights.set(name, { dtype: 'F32', shape: tensor.shape, data: (await tensor.data<'float32'>()).slice() });
  }
  return weights;
}
