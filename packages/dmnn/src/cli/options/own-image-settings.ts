import { nodeFileSystem } from '@dmnn/foundation/node';
import type { DatasetFacts, Recipe } from '@dmnn/runs';
import type { OwnDataSettings } from './open-own-data.js';
import { preparationOf } from '../../classify/image-preparation.js';

/** Images of CIFAR's size, for which its recipes are. */
const SMALL_PX = 32;

/**
 * How images of one's own are opened for training: as the network has seen images that the run begins with; otherwise in the
 * size of the recipe, or in their own, for a recipe of small images in at most 32 pixels.
 */
export async function ownImageSettings({
  recipe,
  from,
  set,
  resumed,
}: {
  readonly recipe: Recipe | undefined;
  readonly from: string | undefined;
  readonly set: readonly string[];
  /** The folder of the run that is resumed. */
  readonly resumed: string | undefined;
}): Promise<OwnDataSettings> {
  const run = resumed === undefined ? undefined : await runSettings(resumed);
  if (run) return run;
  const { openNetworkData, overrideRecipe } = await import('@dmnn/runs');
  const sizes = set.filter((assignment) => assignment.startsWith('imageSizePx='));
  const typed = recipe ?? (overrideRecipe({}, sizes) as { readonly imageSizePx?: unknown });
  const imageSizePx = typeof typed.imageSizePx === 'number' ? typed.imageSizePx : undefined;
  if (from !== undefined) {
    const model = await openNetworkData(from);
    const { channelMeans, channelDeviations } = model;
    const own = model.architecture.imageSizePx;
    return {
      imageSizePx: imageSizePx ?? own,
      shorterSidePx:
        imageSizePx === undefined || imageSizePx === own ? preparationOf(model).shorterSidePx : undefined,
      normalisation: { channelMeans, channelDeviations },
      knownClassNames: model.classNames,
    };
  }
  const isForSmall = recipe !== undefined && recipe.data !== 'imagenet' && recipe.data !== 'folder';
  return { imageSizePx, largestSizePx: isForSmall ? SMALL_PX : undefined };
}

/** How a run opened its images; undefined if there is none, or it had no images of one's own. */
async function runSettings(folder: string): Promise<OwnDataSettings | undefined> {
  const { readRunConfig } = await import('@dmnn/runs/internal');
  const { data: { train } = {} } = (await readRunConfig(folder, nodeFileSystem)) ?? {};
  return train?.name.startsWith('folder=') ? ownDataSettings(train) : undefined;
}

/** How a run opened images of one's own, from what it recorded of them. */
export function ownDataSettings({
  imageSizePx,
  channelMeans,
  channelDeviations,
  classNames,
  shorterSidePx,
  facts = {},
}: DatasetFacts): OwnDataSettings {
  const { heldOut: images, heldOutSeed: seed } = facts;
  const heldOut = typeof images === 'number' && typeof seed === 'number' ? { images, seed } : undefined;
  const normalisation = { channelMeans, channelDeviations };
  return { imageSizePx, normalisation, classNames, shorterSidePx, heldOut };
}
