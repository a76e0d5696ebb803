import { cifar100Classes, imagenetClasses } from '@dmnn/categories';
import { cifar10Classes } from './cifar/cifar10-classes.js';
import { builtInNames } from './built-in/built-in-names.js';

/**
 * The class names of a data set of this package, without opening it.
 *
 * @param dataset - its `name`: `built-in`, `shapes`, `cifar10`, `cifar100` or `imagenet`, also with images held out
 * @returns `[class]`; undefined for any other name
 * @example
 * ```ts
 * import { classNamesOf } from '@dmnn/data';
 *
 * console.log(classNamesOf('imagenet')?.length, classNamesOf('cifar100')?.[0]); // => 1000 apple
 * ```
 */
export function classNamesOf(dataset: string): readonly string[] | undefined {
  switch (withoutHeldOut(dataset).name) {
    case 'built-in':
      return Object.values(builtInNames).flat();
    case 'shapes':
      return Object.keys(builtInNames).slice(0, 10);
    case 'cifar10':
      return cifar10Classes;
    case 'cifar100':
      return cifar100Classes;
    case 'imagenet':
      return imagenetClasses.map(({ wnid, names }) => names[0] ?? wnid);
    default:
      return undefined;
  }
}

/** What the name of a data set says. */
export interface NamedHoldOut {
  /** Of the whole data set. */
  readonly name: string;
  /** Images that `holdOut` held out; undefined: none. */
  readonly heldOut?: number | undefined;
}

/**
 * Takes apart the name that `holdOut` gives.
 *
 * @example
 * ```ts
 * import { withoutHeldOut } from '@dmnn/data';
 *
 * console.log(withoutHeldOut('cifar100, 5000 held out')); // => { name: 'cifar100', heldOut: 5000 }
 * ```
 */
export function withoutHeldOut(dataset: string): NamedHoldOut {
  const [, name, count] = /^(.*), (\d+) held out$/.exec(dataset) ?? [];
  return name === undefined ? { name: dataset } : { name, heldOut: Number(count) };
}
