import { type WeightTensor, type Weights, readSafetensors, writeSafetensors } from '@dmnn/network';
import * as tf from '@tensorflow/tfjs-core';
import type { Sgd } from '../optimiser/sgd.js';
import type { CheckpointFiles } from './checkpoint.js';
import { CheckpointError } from './checkpoint-error.js';
import type { StoredCheckpoint } from './checkpoint-store.js';
import { type RunState, decodeRunState, encodeRunState } from './run-state.js';
import type { Learner } from '../train/learner.js';

const weightsFile = 'weights.safetensors';
const headsFile = 'category-heads.safetensors';
const widthsFile = 'widths.safetensors';
const optimiserFile = 'optimizer.safetensors';
const stateFile = 'state.json';

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
    ...(learner.narrow.length > 0
      ? [[widthsFile, writeSafetensors(await widthWeights(learner))] as const]
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
  learner.heads?.load(readSafetensors(file(checkpoint, headsFile)));
  for (const one of learner.narrow) one.loadOwn(widthsOf(checkpoint));
  const velocities = readSafetensors(file(checkpoint, optimiserFile));
  tf.tidy(() => {
    optimiser.load(
      new Map(
        [...velocities].map(([name, { data, shape }]) => [name, tf.tensor(data as Float32Array, [...shape])]),
      ),
    );
  });
  return state;
}

/** The network's weights in a checkpoint. */
export function weightsOf(checkpoint: StoredCheckpoint): Weights {
  return readSafetensors(file(checkpoint, weightsFile));
}

/** The batch norms of a slimmable network's narrow widths in a checkpoint, by names such as `width0.5/stem.unit0.gamma`. */
export function widthsOf(checkpoint: StoredCheckpoint): Weights {
  return readSafetensors(file(checkpoint, widthsFile));
}

/** Where the run stood at a checkpoint. */
export function stateOf(checkpoint: StoredCheckpoint): RunState {
  return decodeRunState(file(checkpoint, stateFile));
}

function file(checkpoint: StoredCheckpoint, name: string): Uint8Array {
  const bytes = checkpoint.files.get(name);
  if (!bytes) throw new CheckpointError(checkpoint.path, [`${name}: not in the manifest`]);
  return bytes;
}

async function widthWeights(learner: Learner): Promise<Weights> {
  const all = await Promise.all(learner.narrow.map((one) => one.ownWeights()));
  return new Map(all.flatMap((own) => [...own]));
}

async function tensorWeights(tensors: ReadonlyMap<string, tf.Tensor>): Promise<Weights> {
  const weights = new Map<string, WeightTensor>();
  for (const [name, tensor] of tensors) {
    weights.set(name, { dtype: 'F32', shape: tensor.shape, data: (await tensor.data<'float32'>()).slice() });
  }
  return weights;
}
