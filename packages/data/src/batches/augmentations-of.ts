import type { Dataset } from '../dataset.js';
import type { AugmentationName } from '../augmentation-name.js';

const augmentations: readonly AugmentationName[] = ['pad-crop-flip', 'random-resized-crop', 'none'];

/** The augmentations that a data set supports. */
export function augmentationsOf({
  augmentations: own,
}: Pick<Dataset, 'augmentations'>): readonly AugmentationName[] {
  return own ?? augmentations;
}

/** @throws RangeError if the augmentation does not exist or the data set does not support it */
export function assertAugmentation(
  dataset: Pick<Dataset, 'name' | 'augmentations'>,
  augment: AugmentationName,
): void {
  const known = augmentationsOf(dataset);
  if (known.includes(augment)) return;
  const quoted = known.map((name) => `'${name}'`);
  const all = [quoted.slice(0, -1).join(', '), ...quoted.slice(-1)]
    .filter((text) => text !== '')
    .join(' or ');
  const of = dataset.augmentations ? ` for ${dataset.name}` : '';
  throw new RangeError(`augment: expected ${all}${of}, got ${JSON.stringify(augment)}`);
}
