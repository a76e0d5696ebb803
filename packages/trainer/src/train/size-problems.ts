import type { Architecture } from '@dmnn/architecture';
import { stepsPerEpoch } from '@dmnn/data';
import { countNetwork } from '@dmnn/flops';
import type { Recipe } from '@dmnn/runs';
import { trainingMemory } from './training-memory.js';

/** No machine that this library runs on has as much memory: 16 TiB. What is below may still be too much for one. */
const MOST_BYTES = 2 ** 44;

/** Sizes of a data set. */
interface Sized {
  readonly size: number;
}

/**
 * Settings that ask for more memory than any machine has, by an estimate, or for more steps than can be counted.
 *
 * @returns one line each, in the words of an error
 */
export function sizeProblems(
  recipe: Recipe,
  architecture: Architecture,
  { train, test }: { readonly train: Sized; readonly test: Sized },
): string[] {
  const problems: string[] = [];
  const steps = stepsPerEpoch(train.size, recipe) * recipe.epochs;
  if (!Number.isSafeInteger(steps))
    problems.push(`epochs: expected at most ${Number.MAX_SAFE_INTEGER} steps in all, got ${steps}`);
  const memory = trainingMemory(architecture, recipe);
  const refuse = (setting: string, bytes: number, remedy: string): void => {
    problems.push(
      `${setting}: expected tensors of at most ${bytesText(MOST_BYTES)}, got about ${bytesText(bytes)} by estimate. ${remedy}`,
    );
  };
  const { totalBytes, activationsBytes, images } = memory;
  const weights = totalBytes - activationsBytes;
  const anImage = activationsBytes / images;
  if (!(weights <= MOST_BYTES)) refuse('model', weights, 'Choose a smaller network.');
  else if (!(anImage <= MOST_BYTES))
    refuse(
      'imageSizePx',
      anImage,
      `Choose smaller images; now they have ${architecture.imageSizePx} pixels a side.`,
    );
  else if (!(totalBytes <= MOST_BYTES))
    refuse('batchSize', totalBytes, `Choose a smaller one (now ${recipe.batchSize}), or more accumulation.`);
  const outputs = countNetwork(architecture).layers.map(({ outShape }) =>
    outShape.reduce((size, side) => size * side, 1),
  );
  const evaluated = Math.min(recipe.evaluation.batchSize, test.size);
  // one layer's input and output at a time
  const evaluation = 4 * 2 * evaluated * Math.max(0, ...outputs);
  if (problems.length === 0 && !(evaluation <= MOST_BYTES))
    refuse('evaluation.batchSize', evaluation, `Choose a smaller one (now ${recipe.evaluation.batchSize}).`);
  return problems;
}

function bytesText(bytes: number): string {
  return `${Number((bytes / 2 ** 40).toPrecision(4))} TiB`;
}
