import { builtInDataset } from './built-in-dataset.js';
import type { BuiltInDataset, BuiltInDatasetOptions } from './painted-dataset.js';
import { shapesDataset } from './shapes-dataset.js';

const makers = { 'built-in': builtInDataset, shapes: shapesDataset } as const;

/**
 * A data set that needs no download, by its name.
 *
 * @param name - `built-in` or `shapes`
 * @returns undefined for any other name
 * @throws RangeError as {@link builtInDataset}
 * @example
 * ```ts
 * import { builtInNamed } from '@dmnn/data';
 *
 * console.log(builtInNamed('shapes', { split: 'test' })?.classes, builtInNamed('cifar10', { split: 'test' })); // => 10 undefined
 * ```
 */
export function builtInNamed(name: string, options: BuiltInDatasetOptions): BuiltInDataset | undefined {
  if (!Object.hasOwn(makers, name)) return undefined;
  return makers[name as keyof typeof makers](options);
}
