import type { TrainingExtension } from '../train/training-extension.js';
import { prunedConfig } from './pruning/pruned-config.js';
import { slimmableNetworks } from './slimmable/slimmable-networks.js';

/** The baselines of the paper's tables that a recipe may ask for: pruning before training, and slimmable widths. */
export const baselines: TrainingExtension = { prepare: prunedConfig, companions: slimmableNetworks };
