import type { Dataset } from '@dmnn/data';
import type { Network } from '@dmnn/network';
import type { FileSystem } from '@dmnn/foundation/node';
import type { Recipe, RunConfig } from '@dmnn/runs';
import type { RunFolder } from '@dmnn/runs/internal';
import type { StartingPoint } from '../begin/starting-point.js';
import type { Companions } from './companions.js';
import type { TrainEvent } from './train-events.js';

/** What a {@link TrainingExtension} prepares a run with. */
export interface Preparation {
  /** The run that is in the folder; undefined: none. */
  readonly found: RunConfig | undefined;
  /** Training images. */
  readonly dataset: Dataset;
  /** The network to begin with; not needed if there is a run. */
  readonly startingPoint: StartingPoint | undefined;
  readonly badImageLimit: number;
  readonly disk: FileSystem;
  readonly onProgress: (event: TrainEvent) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * What published baselines add to the loop, which knows them only through this. Both parts leave a recipe alone that
 * does not ask for them.
 */
export interface TrainingExtension {
  /** Changes the network that is trained, before the run has a `config.json`. */
  readonly prepare: (config: RunConfig, folder: RunFolder, preparation: Preparation) => Promise<RunConfig>;
  /** Makes networks that are trained along with the run's own; undefined: none. */
  readonly companions: (
    network: Network,
    recipe: Recipe,
    data: { readonly imageSizePx: number },
  ) => Companions | undefined;
}
