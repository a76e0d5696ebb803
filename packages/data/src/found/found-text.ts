import { printable } from '@dmnn/foundation';
import type { LabelledImages } from '../labelled-images.js';
import type { PassedOver } from '../found-images.js';

/** Layouts of image files in words. */
const layouts: { readonly [layout: string]: string } = {
  'class-folders': ' in class folders',
  'tar-shards': ' in tar shards',
  parquet: ' in parquet files',
};

/**
 * What a data set consists of, for people: how many images of how many classes, how many files were passed over, and why.
 *
 * @param dataset - an opened data set. Without `found`, its labels are counted.
 * @returns a line, and one more for each remark of its loader
 * @example
 * ```ts
 * import { builtInDataset, foundText } from '@dmnn/data';
 *
 * console.log(foundText(builtInDataset({ split: 'test' }))); // => built-in, test: 2000 images of 100 classes
 * ```
 */
export function foundText(
  dataset: Pick<LabelledImages, 'name' | 'split' | 'size' | 'classes' | 'label' | 'found'> & {
    readonly layout?: string | undefined;
  },
): string {
  const { name, split, size, found, layout = '' } = dataset;
  const classes = found?.classes ?? classesAmong(dataset);
  const of = classes === dataset.classes ? classes : `${classes} of ${dataset.classes}`;
  const start = printable(`${name}, ${split}`);
  return [
    `${start}: ${size} ${size === 1 ? 'image' : 'images'} of ${of} ${dataset.classes === 1 ? 'class' : 'classes'}${layouts[layout] ?? ''}${passedOverText(found?.passedOver ?? [])}`,
    ...(found?.remarks ?? []).map((remark) => `${start}: ${printable(remark, Infinity)}`),
  ].join('\n');
}

function classesAmong({ size, label }: Pick<LabelledImages, 'size' | 'label'>): number {
  const classes = new Set<number>();
  for (let index = 0; index < size; index++) classes.add(label(index));
  return classes.size;
}

/** `; passed over: not read: 3 files of .bmp (a/b.bmp, …), hidden: 1 file (a/._b.jpg)`; empty if there is nothing. */
export function passedOverText(kinds: readonly PassedOver[]): string {
  if (kinds.length === 0) return '';
  const total = kinds.reduce((sum, { count }) => sum + count, 0);
  return `; passed over ${total}: ${kinds.map(kindText).join(', ')}`;
}

/** `not read: 3 files of .bmp (a/b.bmp, …)` */
function kindText({ reason, unit, extension, count, example }: PassedOver): string {
  const format = extension === undefined ? '' : ` of ${extension}`;
  const more = count > 1 ? ', …' : '';
  const first = printable(example, 200);
  return `${printable(reason)}: ${count} ${unit}${count === 1 ? '' : 's'}${printable(format, 60)} (${first}${more})`;
}
