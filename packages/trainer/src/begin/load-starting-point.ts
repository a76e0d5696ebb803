import type { Architecture } from '@dmnn/architecture';
import type { Dataset } from '@dmnn/data';
import type { Network } from '@dmnn/network';
import { splitWeights } from '@dmnn/subdivide';
import { type Recipe, RecipeError } from '@dmnn/runs';
import { calibrateNetwork } from './calibrate-network.js';
import type { StartingPoint } from './starting-point.js';

const USUAL_CALIBRATION_IMAGES = 512;

/**
 * Puts the weights of another run into a network: as they are if it is the same network, divided if it was divided from
 * it, with batch norms then calibrated on training images. What is new, exits too, keeps its random weights.
 *
 * @param signal - stops the calibration
 * @returns the share lost in each divided block; undefined if nothing was divided
 * @throws the signal's reason, if it aborts
 */
export async function loadStartingPoint(
  network: Network,
  start: StartingPoint,
  recipe: Recipe,
  dataset: Dataset,
  signal?: AbortSignal,
): Promise<readonly number[] | undefined> {
  const { architecture: to } = network;
  if (plain(start.architecture) === plain(to)) {
    network.load(start.weights);
    return undefined;
  }
  const split = splitWeights({ from: start, to, order: recipe.fineTuning?.channelOrder });
  network.load(new Map([...(await network.weights()), ...split.weights]));
  // exits alone are new: the statistics of all else are those of the trained network
  if (JSON.stringify(start.architecture.stages) === JSON.stringify(to.stages)) return undefined;
  const { calibrationImages: images = USUAL_CALIBRATION_IMAGES } = recipe.fineTuning ?? {};
  if (images > 0) {
    const { batchSize, seed, augmentation, accumulation } = recipe;
    await calibrateNetwork(network, {
      dataset,
      images,
      batchSize: batchSize / accumulation,
      seed,
      augmentation,
      signal,
    });
  }
  return split.blocks.map(({ lostShare }) => lostShare);
}

/**
 * Checks that a run can begin with another's weights, before anything is written.
 *
 * @throws RecipeError naming both networks
 */
export function assertCanStartFrom(from: Architecture, to: Architecture, recipe: Recipe): void {
  if (canStartFrom(from, to)) return;
  const undivided = to.undivided ? ` or ${to.undivided.name}` : '';
  throw new RecipeError(`recipe ${recipe.name}`, [
    `model: expected the network of the run to start from, ${from.name} (${from.head.classes} classes), or one divided ` +
      `from it, got ${to.name} (${to.head.classes} classes). Start from a run of ${to.name}${undivided}.`,
  ]);
}

/** Whether weights of one network are those of another, or of the one that it was divided from. */
export function canStartFrom(from: Architecture, to: Architecture): boolean {
  return plain(from) === plain(to) || (to.undivided !== undefined && plain(from) === plain(to.undivided));
}

/** What decides about the variables of a network; its name does not. */
function plain({ stem, stages, head, inChannels, exits = [] }: Architecture): string {
  return JSON.stringify([inChannels, stem, stages, head, exits]);
}
