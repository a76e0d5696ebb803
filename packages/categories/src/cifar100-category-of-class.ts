import { coarseLabels } from './cifar100.generated.js';
import { assertClassIndex } from './class-index.js';

/**
 * The superclass (coarse label, 0 to 19) of a CIFAR-100 class (fine label, 0 to 99).
 *
 * @throws RangeError if `classIndex` is not an integer from 0 to 99.
 * @see Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images; DMNN §4.1 uses these 20 directly.
 * @example
 * ```ts
 * import { cifar100CategoryOfClass, cifar100Classes, cifar100Superclasses } from '@dmnn/categories';
 *
 * const crab = cifar100Classes.indexOf('crab');
 * console.log(crab, cifar100Superclasses[cifar100CategoryOfClass(crab)]); // => 26 non-insect_invertebrates
 * ```
 */
export function cifar100CategoryOfClass(classIndex: number): number {
  assertClassIndex(classIndex, coarseLabels.length);
  return coarseLabels[classIndex] as number;
}
