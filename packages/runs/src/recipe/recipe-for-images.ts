import { parseRecipe } from './parse-recipe.js';
import type { Recipe } from './recipe.js';
import { shortGating } from './short-gating.js';

/** What decides about the recipe of images of one's own. */
export interface ImagesForRecipe {
  /** Width and height that they are trained at. */
  readonly imageSizePx: number;
  readonly trainingImages: number;
  /**
   * The network that the run begins with, how it is divided (null: not at all), whether its blocks have biases already, and
   * whether it has blocks that gates can close, whole or in parts (default true); absent: random weights.
   */
  readonly from?:
    | {
        readonly name: string;
        readonly subBlocks: number | null;
        readonly blockBias?: boolean | undefined;
        readonly gated?: boolean | undefined;
      }
    | undefined;
}

/** Up to this size the networks of CIFAR are used, beyond it those of ImageNet. */
const SMALL_PX = 64;

/**
 * A recipe for images of one's own, chosen by their size and number and, if there is one, by the network that the run
 * begins with: batches of an eighth of the images or less, as a power of two from 4 to 128
 * (64 for large images), and as many epochs as make about 4000 steps (1000 from a trained network), within 10 to 60 (3 to 20).
 * A network that is divided has its most important channels in the first sub-blocks, and biases of blocks.
 *
 * @returns `images-small` or `images-large`, complete, with the paper's gates, whose target falls to 0.6; without gates for a
 * network that has no blocks
 * @throws RangeError if there are fewer than 4 images
 * @example
 * ```ts
 * import { recipeForImages } from '@dmnn/runs';
 *
 * const { name, model, batchSize, epochs } = recipeForImages({ imageSizePx: 32, trainingImages: 1000 });
 * console.log(name, model.name, batchSize, epochs); // => images-small dmnn-cifar-resnet20-n2 64 60
 * ```
 */
export function recipeForImages({ imageSizePx, trainingImages, from }: ImagesForRecipe): Recipe {
  if (!Number.isInteger(trainingImages) || trainingImages < LEAST_BATCH) {
    throw new RangeError(
      `trainingImages: expected at least ${LEAST_BATCH} images, the smallest batch, got ${trainingImages}. Add images, or hold out fewer.`,
    );
  }
  const isSmall = imageSizePx <= SMALL_PX;
  const largest = isSmall ? 128 : 64;
  const eighth = 2 ** Math.floor(Math.log2(Math.max(1, trainingImages / 8)));
  const batchSize = Math.max(LEAST_BATCH, Math.min(largest, eighth));
  const perEpoch = Math.floor(trainingImages / batchSize);
  const [steps, fewest, most] = from === undefined ? [4000, 10, 60] : [1000, 3, 20];
  const epochs = Math.max(fewest, Math.min(most, Math.round(steps / perEpoch)));
  const divides = from !== undefined && from.subBlocks !== null;
  const { gated = true, ...own } = from ?? {
    name: isSmall ? 'dmnn-cifar-resnet20-n2' : 'dmnn-mobilenetv2-n2',
  };
  const target = gated ? 't = 0.6 falling from 1' : 'without gates';
  return parseRecipe({
    name: isSmall ? 'images-small' : 'images-large',
    description: `Images of your own of ${isSmall ? 'at most' : 'more than'} ${SMALL_PX} pixels, ${target}, ${epochs} epochs`,
    data: 'folder',
    epochs,
    batchSize,
    augmentation: isSmall ? 'pad-crop-flip' : 'random-resized-crop',
    optimiser: { momentum: 0.9, nesterov: true, weightDecay: isSmall ? 1e-4 : 4e-5 },
    // in proportion to the batch; a trained network is changed by less
    learningRate: { kind: 'cosine', from: ((from === undefined ? 0.1 : 0.02) * batchSize) / largest },
    model: divides ? { ...own, blockBias: true } : own,
    gating: gated ? shortGating : null,
    ...(from !== undefined && { fineTuning: divides ? { channelOrder: 'importance' } : {} }),
  });
}

const LEAST_BATCH = 4;
