import type { Architecture } from '@dmnn/architecture';
import { countNetwork } from '@dmnn/flops';
import type { Recipe } from '@dmnn/runs';

/** What tensors of a training step take, in bytes: estimated. */
export interface TrainingMemory {
  readonly weightsBytes: number;
  /** Momentum of each weight. */
  readonly optimiserBytes: number;
  /** One for each weight, and their sum so far where a batch is computed in parts. */
  readonly gradientsBytes: number;
  /** What the forward pass keeps for the backward pass, and what that one works with. */
  readonly activationsBytes: number;
  readonly totalBytes: number;
  /** Images that are computed together: the batch, or a part of it. */
  readonly images: number;
}

const BYTES_PER_VALUE = 4;

/**
 * For each value that a layer gives: the convolution's result, its normalised and activated form, and a gradient. At the
 * highest point of a step it was 1.9 (4 sub-blocks a block) to 2.9 (none) of them for the paper's systems in small, on
 * the native backend and in WebAssembly. The plain backend, which joins no operations, takes up to half as much again.
 */
const KEPT_VALUES = 3;

/**
 * Estimates what memory a recipe trains in: from above on the native backend and in WebAssembly.
 *
 * 32-bit values: weights, momentum and gradients, and three for each value that a layer gives for an image, with all
 * sub-blocks computed as in training. The process itself, the data, and a teacher come on top.
 *
 * @param architecture - what the recipe trains, of the data's image size
 * @example
 * ```ts
 * import { architectureOf, trainingMemory } from '@dmnn/trainer';
 * import { laptopRecipe } from '@dmnn/trainer/paper';
 *
 * const recipe = laptopRecipe('table1/03-resnet50');
 * const memory = trainingMemory(architectureOf(recipe, { classes: 100, imageSizePx: 32 }), recipe);
 * console.log(Math.round(memory.totalBytes / 1e6), memory.images); // => 312 128
 * ```
 */
export function trainingMemory(
  architecture: Architecture,
  { batchSize, accumulation }: Pick<Recipe, 'batchSize' | 'accumulation'>,
): TrainingMemory {
  const { parameters, layers } = countNetwork(architecture);
  const images = batchSize / accumulation;
  const outputs = layers.reduce(
    (sum, { outShape }) => sum + outShape.reduce((size, side) => size * side, 1),
    0,
  );
  const weightsBytes = BYTES_PER_VALUE * parameters;
  const optimiserBytes = weightsBytes;
  const gradientsBytes = weightsBytes * (accumulation > 1 ? 2 : 1);
  const activationsBytes = BYTES_PER_VALUE * KEPT_VALUES * images * outputs;
  return {
    weightsBytes,
    optimiserBytes,
    gradientsBytes,
    activationsBytes,
    totalBytes: weightsBytes + optimiserBytes + gradientsBytes + activationsBytes,
    images,
  };
}
