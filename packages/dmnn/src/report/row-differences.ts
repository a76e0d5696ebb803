import type { Recipe, RunConfig } from '@dmnn/runs';
import { rowRecipe } from '@dmnn/trainer/paper';

/** Settings of a recipe that affect the error; any seed is allowed. */
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

/** Training images of a row's networks. */
const trainingImages = { cifar10: 50_000, cifar100: 50_000, imagenet: 1_281_167 } as const;

/**
 * Lists how a run differs from a row of the paper, which means its unchanged recipe on all of its data.
 *
 * @param rowId - `table3/03-dmnn-cifar-resnet50-n2-t0.6`
 * @returns names of settings, and `data` with its description; empty if the run reproduces the row
 * @throws DmnnError `DMNN_UNKNOWN_ROW`
 */
export function rowDifferences(rowId: string, { recipe, changes, data }: RunConfig): string[] {
  const wanted = rowRecipe(rowId);
  const differing: string[] = settings.filter(
    (key) => JSON.stringify(recipe[key]) !== JSON.stringify(wanted[key]),
  );
  for (const { fromStep } of changes ?? []) differing.push(`recipe from step ${fromStep} on`);
  const { name, size } = data.train;
  const { data: wantedData } = wanted;
  const images =
    wantedData === 'built-in' || wantedData === 'shapes' || wantedData === 'folder'
      ? size
      : trainingImages[wantedData];
  if (name !== wanted.data || size !== images) differing.push(`data (${size} images of ${name})`);
  return differing;
}
