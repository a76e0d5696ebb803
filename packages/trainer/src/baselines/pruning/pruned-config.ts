import { needsStart } from '../../begin/needs-start.js';
import { startFiles } from '../../begin/start-files.js';
import type { StartingPoint } from '../../begin/starting-point.js';
import type { Preparation } from '../../train/training-extension.js';
import { prune } from './prune.js';
import { type PruningRecipe, type RunConfig, RecipeError } from '@dmnn/runs';
import { type RunFolder, BadImages, listBadImages, orRunFolderError } from '@dmnn/runs/internal';

/**
 * The configuration of a run with the network that is trained in it: pruned now, if its recipe says so and the run is new.
 *
 * What is left is written into the run folder's `start` before the run has a `config.json`, so that a run that has one has
 * its network too. Stopped before its end, pruning begins again.
 *
 * @param config - with the whole network
 * @throws RecipeError if the recipe prunes and there is nothing to prune
 * @throws what `prune` throws
 */
export async function prunedConfig(
  config: RunConfig,
  folder: RunFolder,
  options: Preparation,
): Promise<RunConfig> {
  const { found, startingPoint } = options;
  const { name, pruning } = config.recipe;
  if (!pruning) return config;
  // what is left of a network is decided by recipe, start and data, and those are compared
  if (found) return { ...config, architecture: found.architecture };
  if (!startingPoint) throw new RecipeError(`recipe ${name}`, [needsStart('pruning')]);
  return pruneInto(folder, config, pruning, startingPoint, options);
}

async function pruneInto(
  folder: RunFolder,
  config: RunConfig,
  pruning: PruningRecipe,
  startingPoint: StartingPoint,
  { dataset, badImageLimit, disk, onProgress, signal }: Preparation,
): Promise<RunConfig> {
  const { recipe } = config;
  const { seed, augmentation } = recipe;
  const warn = (message: string): void => {
    onProgress({ kind: 'warning', message });
  };
  const badImages = await orRunFolderError(folder.path, () =>
    BadImages.open(folder.path, badImageLimit, disk, warn),
  );
  const { architecture, weights, rounds } = await prune({
    network: startingPoint,
    dataset,
    settings: { ...pruning, seed, augmentation },
    onRound: (round) => {
      onProgress({ kind: 'pruning', ...round });
    },
    onSkipped: (skipped) =>
      orRunFolderError(folder.path, () => listBadImages(badImages, 'train', skipped, warn)),
    ...(signal && { signal }),
  });
  const files = startFiles({ weights, pruning: rounds }, recipe, startingPoint);
  await orRunFolderError(folder.path, () => folder.start.save(0, files, 1));
  return { ...config, architecture };
}
