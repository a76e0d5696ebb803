import { type Weights, readSafetensors } from '@dmnn/weights';
import { CheckpointError } from './checkpoint-error.js';
import type { StoredCheckpoint } from './checkpoint-store.js';
import { type RunState, decodeRunState } from './run-state.js';

/** Names of a checkpoint's files. */
export const weightsFile = 'weights.safetensors';
export const headsFile = 'category-heads.safetensors';
export const widthsFile = 'widths.safetensors';
export const optimiserFile = 'optimizer.safetensors';
export const stateFile = 'state.json';

/** The network's weights in a checkpoint. */
export function weightsOf(checkpoint: StoredCheckpoint): Weights {
  return readSafetensors(checkpointFile(checkpoint, weightsFile));
}

/** The batch norms of a slimmable network's narrow widths in a checkpoint, by names such as `width0.5/stem.unit0.gamma`. */
export function widthsOf(checkpoint: StoredCheckpoint): Weights {
  return readSafetensors(checkpointFile(checkpoint, widthsFile));
}

/** Where the run stood at a checkpoint. */
export function stateOf(checkpoint: StoredCheckpoint): RunState {
  return decodeRunState(checkpointFile(checkpoint, stateFile));
}

export function checkpointFile(checkpoint: StoredCheckpoint, name: string): Uint8Array {
  const bytes = checkpoint.files.get(name);
  if (!bytes) throw new CheckpointError(checkpoint.path, [`${name}: not in the manifest`]);
  return bytes;
}
