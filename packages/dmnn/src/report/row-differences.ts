import type { Recipe, RunConfig } from '@dmnn/runs';
import { rowRecipe } from '@dmnn/trainer/paper';

/** What of a recipe decides about the error; the seed may be any. */
const settings = [
  'model',
  'epochs',
  'batchSize',
  'augmentation',
  'imageSizePx',
  'optimiser',
  'learningRate',
  'labelSmoothing',
  'slimmable',
  'pruning',
  'gating',
] as const satisfies readonly (keyof Recipe)[];

/** Images that a row's networks were trained on. */
const trainingImages = { cifar100: 50_000, imagenet: 1_281_167 } as const;

/**
 * In what a run is not what a row of the paper stands for: its recipe unchanged, on all of its data.
 *
 * @param rowId - `table3/03-dmnn-cifar-resnet50-n2-t0.6`
 * @returns names of settings, `data` with what it was; none if the run is the row's
 * @throws DmnnError `DMNN_UNKNOWN_ROW`
 */
export function rowDifferences(rowId: string, { recipe, data }: RunConfig): string[] {
  const wanted = rowRecipe(rowId);
  const differing: string[] = settings.filter(
    (key) => JSON.stringify(recipe[key]) !== JSON.stringify(wanted[key]),
  );
  const { name, size } = data.train;
  const images = wanted.data === 'built-in' ? size : trainingImages[wanted.data];
  if (name !== wanted.data || size !== images) differing.push(`data (${size} images of ${name})`);
  return differing;
}
