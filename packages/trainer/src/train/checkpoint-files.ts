import { printable } from '@dmnn/foundation';
import { CheckpointError } from '@dmnn/runs';
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
import { finiteWeights, nonFiniteName } from '../finite-weights.js';
import type { Learner } from './learner.js';

/**
 * All that a run needs to go on, as files.
 *
 * @throws DmnnError `DMNN_NAN` if a number in them is not finite
 */
export async function checkpointFiles(
  learner: Learner,
  optimiser: Sgd,
  state: RunState,
): Promise<CheckpointFiles> {
  const { heads } = learner;
  return new Map([
    ...(await networkFiles(learner, state)),
    ...(heads ? [[headsFile, finiteFile('category heads', await heads.weights(), state)] as const] : []),
    [optimiserFile, finiteFile('velocities', await tensorWeights(optimiser.velocities), state)],
  ]);
}

/**
 * The network alone, as files: what `best` holds.
 *
 * @throws DmnnError `DMNN_NAN` if a number in them is not finite
 */
export async function networkFiles(learner: Learner, state: RunState): Promise<CheckpointFiles> {
  const { network, companions } = learner;
  return new Map([
    [weightsFile, finiteFile('weights', await network.weights(), state)],
    ...(companions ? [[widthsFile, finiteFile('weights', await companions.weights(), state)] as const] : []),
    [stateFile, encodeRunState(state)],
  ]);
}

function finiteFile(term: string, weights: Weights, { step, epoch }: RunState): Uint8Array {
  return writeSafetensors(finiteWeights(weights, { term, step, epoch }));
}

/**
 * Refuses a checkpoint with numbers that are not finite, as older versions have written them.
 *
 * @throws CheckpointError naming the files
 */
export function assertFiniteCheckpoint(checkpoint: StoredCheckpoint): void {
  const problems = [weightsFile, headsFile, widthsFile, optimiserFile].flatMap((file) => {
    const name = checkpoint.files.has(file) ? nonFiniteName(tensorsOf(checkpoint, file)) : undefined;
    return name === undefined
      ? []
      : [`${file}: ${printable(name)}: expected finite numbers, got NaN or infinity`];
  });
  if (problems.length > 0) throw new CheckpointError(checkpoint.path, problems);
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
