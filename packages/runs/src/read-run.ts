import { join } from 'node:path';
import { isDmnnError } from '@dmnn/foundation';
import { nodeFileSystem } from '@dmnn/foundation/node';
import type { Architecture } from '@dmnn/architecture';
import { slimmable } from '@dmnn/backbones';
import { type NetworkData, type Weights, assertWeights, narrowWeights } from '@dmnn/weights';
import { assertOfRun, stateOf, weightsOf, widthsOf, type RunState } from './folder/checkpoint-contents.js';
import { CheckpointError } from './folder/checkpoint-error.js';
import { type CheckpointStore, type StoredCheckpoint, runStores } from './folder/checkpoint-store.js';
import { type RunConfig, readRunConfig } from './folder/run-config.js';
import { RunFolderError } from './folder/run-folder-error.js';
import { cascadeFile, cascadeRefused } from './folder/cascade-file.js';

/** Selects a checkpoint of a run. */
export interface ReadRunOptions {
  /** The best evaluated one (the latest, while there is none), or the latest. @defaultValue 'best' */
  readonly which?: 'best' | 'latest' | undefined;
  /** The checkpoint of exactly that step, or the best one, if it is of that step. */
  readonly step?: number | undefined;
  /** The network of one of a slimmable network's widths. @defaultValue 1, the widest */
  readonly width?: number | undefined;
  /** Called with a message for each damaged checkpoint that is skipped. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A run read from disk, without tensors. */
export interface ReadRun extends NetworkData {
  readonly config: RunConfig;
  readonly checkpoint: CheckpointFacts;
}

/** Which checkpoint was read. */
export interface CheckpointFacts {
  readonly path: string;
  /** Optimiser steps before it. */
  readonly step: number;
  /** Epochs before it. */
  readonly epoch: number;
  /** Error of the best evaluation up to it; null before the first one. */
  readonly bestErrorPercent: number | null;
}

/**
 * Reads and checks a run without making tensors; `loadRun` of `@dmnn/trainer` builds its network.
 *
 * @param folder - as given to `train`; a trainer may be at work in it
 * @throws RunFolderError if there is no run, or nothing saved yet
 * @throws RangeError if the run was not trained at that width
 * @throws CheckpointError if the checkpoint is not intact, for `latest` if none is, or if it belongs to another run
 * @throws WeightsError listing every difference, if the weights belong to another model
 */
export async function readRun(folder: string, options: ReadRunOptions): Promise<ReadRun> {
  const config = await loadRunConfig(folder);
  return readStored(config, await findCheckpoint(folder, options), options);
}

/**
 * Reads all checkpoints of a run, the best first, then the latest. Those that are damaged or of another run are passed over.
 *
 * @throws RunFolderError if there is no run; RangeError if it was not trained at that width
 */
export async function* readCheckpoints(
  folder: string,
  options: Pick<ReadRunOptions, 'width'> = {},
): AsyncGenerator<ReadRun> {
  const config = await loadRunConfig(folder);
  const { best, checkpoints } = runStores(folder, nodeFileSystem);
  for (const store of [best, checkpoints]) {
    for (const step of (await store.steps()).reverse()) {
      let read: ReadRun;
      try {
        read = readStored(config, await store.read(step), options);
      } catch (error) {
        if (isDmnnError(error)) continue;
        throw error;
      }
      yield read;
    }
  }
}

function readStored(
  config: RunConfig,
  checkpoint: StoredCheckpoint,
  { width = 1 }: Pick<ReadRunOptions, 'width'>,
): ReadRun {
  const { architecture } = config;
  const state = stateOf(checkpoint);
  const weights = weightsOf(checkpoint);
  assertWeights({ architecture, weights });
  assertOfRun(checkpoint, config);
  const read = { config, architecture, weights, checkpoint: describe(checkpoint, state) };
  return width === 1 ? read : { ...read, ...narrowOf(config, width, weights, checkpoint) };
}

/** A narrow width of a slimmable network: its architecture, whose costs are shares of the widest's, and its weights. */
function narrowOf(
  config: RunConfig,
  width: number,
  weights: Weights,
  checkpoint: StoredCheckpoint,
): Pick<ReadRun, 'config' | 'architecture' | 'weights'> {
  const { widths } = config.recipe.slimmable ?? { widths: [1] };
  const { classes, imageSizePx } = config.data.train;
  const index = widths.indexOf(width);
  if (index < 0) {
    const expected = config.recipe.slimmable
      ? `one of the run's, ${widths.join(', ')}`
      : `none but 1, since ${config.architecture.name} is not slimmable`;
    throw new RangeError(`width: expected ${expected}, got ${width}.`);
  }
  const { networks } = slimmable(config.recipe.model.name, { widths, classes, imageSizePx });
  const architecture = { ...(networks[index] as Architecture), undivided: config.architecture };
  const prefix = `width${width}/`;
  const own = [...widthsOf(checkpoint)].filter(([name]) => name.startsWith(prefix));
  const named = new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  return {
    config: { ...config, architecture },
    architecture,
    weights: narrowWeights(weights, architecture, named),
  };
}

/**
 * Reads the configuration of a run, which need not have a checkpoint yet.
 *
 * @param folder - as given to `train`
 * @throws RunFolderError if there is no run; DmnnError `DMNN_CASCADE` for the folder of a cascade
 */
export async function loadRunConfig(folder: string): Promise<RunConfig> {
  const config = await readRunConfig(folder, nodeFileSystem);
  if (config) return config;
  if ((await nodeFileSystem.size(join(folder, cascadeFile))) !== undefined) {
    throw cascadeRefused(folder);
  }
  throw new RunFolderError(
    'DMNN_RUN_FOLDER',
    folder,
    'expected a run folder, got one without config.json. Train first.',
  );
}

function describe({ path, step }: StoredCheckpoint, { epoch, best }: RunState): CheckpointFacts {
  return { path, step, epoch, bestErrorPercent: best?.topOneErrorPercent ?? null };
}

async function findCheckpoint(folder: string, options: ReadRunOptions): Promise<StoredCheckpoint> {
  const { which = 'best', step, onWarning = () => undefined } = options;
  const { checkpoints, best } = runStores(folder, nodeFileSystem);
  if (step !== undefined) return readStep(step, checkpoints, best);
  const passedOver = (error: CheckpointError): void => {
    onWarning(`passed over: ${error.message}`);
  };
  const found =
    (which === 'best' ? await best.latest() : undefined) ?? (await checkpoints.latest(passedOver));
  if (found) return found;
  throw new RunFolderError(
    'DMNN_RUN_FOLDER',
    folder,
    'expected a checkpoint, got none yet. Wait for the first one.',
  );
}

/** One of a step: later checkpoints replace it in the end, but not while it is the best. */
async function readStep(
  step: number,
  checkpoints: CheckpointStore,
  best: CheckpointStore,
): Promise<StoredCheckpoint> {
  try {
    return await checkpoints.read(step);
  } catch (error) {
    if (error instanceof CheckpointError && !error.isNewer && (await best.hasIntact(step)))
      return best.read(step);
    throw error;
  }
}
