import { type Network, createNetwork } from '@dmnn/network';
import { type CheckpointFacts, type ReadRunOptions, type RunConfig, readRun } from '@dmnn/runs';

/** A run, read to be used. */
export interface LoadedRun {
  readonly config: RunConfig;
  /** With the checkpoint's weights; the caller disposes it. */
  readonly network: Network;
  readonly checkpoint: CheckpointFacts;
}

/**
 * Reads the network of a run folder. The folder may be one in which a trainer is at work.
 *
 * @param folder - as given to `train`
 * @throws RunFolderError if there is no run, or nothing saved yet
 * @throws RangeError if a width is asked for that the run has not
 * @throws CheckpointError if the checkpoint is not intact, for `latest` if none is, or if it is another run's
 * @throws WeightsError listing every difference, if it is another model's
 * @example
 * ```ts
 * import { RunFolderError } from '@dmnn/runs';
 * import { loadRun } from '@dmnn/trainer';
 *
 * try {
 *   await loadRun('there-is-no-run-here');
 * } catch (error) {
 *   console.log(error instanceof RunFolderError && error.code); // => DMNN_RUN_FOLDER
 * }
 * ```
 */
export async function loadRun(folder: string, options: ReadRunOptions = {}): Promise<LoadedRun> {
  const { config, architecture, weights, checkpoint } = await readRun(folder, options);
  const network = createNetwork(architecture, { seed: config.recipe.seed, weights });
  return { config, network, checkpoint };
}
