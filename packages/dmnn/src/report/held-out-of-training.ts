import { withoutHeldOut } from '@dmnn/data';
import type { RunConfig } from '@dmnn/runs';

/**
 * How many images a run held out of a training split, besides which there are test images; of images without splits, those
 * that were held out are the test images.
 */
export function heldOutOfTraining({ data }: Pick<RunConfig, 'data'>): number | undefined {
  if (data.train.facts?.['heldOut'] !== undefined) return undefined;
  return withoutHeldOut(data.train.name).heldOut;
}

/** Name of the data set that a run's test images are of: without what it held out of a training split. */
export function dataNameOf(config: Pick<RunConfig, 'data'>, split: 'train' | 'test'): string {
  const { name } = config.data[split];
  return heldOutOfTraining(config) === undefined ? name : withoutHeldOut(name).name;
}
