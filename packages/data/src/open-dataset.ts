import { closestName } from '@dmnn/foundation';
import { builtInNamed } from './built-in/built-in-named.js';
import { DataError } from './data-error.js';
import type { InMemoryDataset } from './in-memory-dataset.js';
import { loadCifar10 } from './cifar/load-cifar10.js';
import { loadBothCifar100 } from './cifar/load-cifar100.js';
import { unknownDatasetError } from './unknown-dataset-error.js';

/**
 * Opens both splits of a data set given as a string, as on the command line.
 *
 * @param spec - `built-in` or `shapes`, or `cifar10=PATH` or `cifar100=PATH` with the folder of its binary version.
 * @throws DmnnError `DMNN_UNKNOWN_DATASET`, with the nearest names, if there is no such data set.
 * DataError (`DMNN_DATA`) if its files are missing or wrong.
 * @example
 * ```ts
 * import { openDataset } from '@dmnn/data';
 *
 * const { train, test } = await openDataset('built-in');
 * console.log(train.size, test.size); // => 8000 2000
 * ```
 */
export async function openDataset(spec: string): Promise<{ train: InMemoryDataset; test: InMemoryDataset }> {
  const equals = spec.indexOf('=');
  const name = equals < 0 ? spec : spec.slice(0, equals);
  const path = equals < 0 ? undefined : spec.slice(equals + 1);
  if (name === 'cifar100') {
    if (path) return loadBothCifar100(path);
    throw new DataError({
      file: spec,
      expected: 'cifar100=PATH',
      got: 'no path',
      remedy: 'Pass the folder of the CIFAR-100 binary version that contains train.bin and test.bin.',
    });
  }
  if (name === 'cifar10') {
    if (path) return loadCifar10(path);
    throw new DataError({
      file: spec,
      expected: 'cifar10=PATH',
      got: 'no path',
      remedy:
        'Pass the folder of the CIFAR-10 binary version that contains data_batch_1.bin and test_batch.bin.',
    });
  }
  const train = path === undefined ? builtInNamed(name, { split: 'train' }) : undefined;
  const test = path === undefined ? builtInNamed(name, { split: 'test' }) : undefined;
  if (train && test) return { train, test };
  const forms: { readonly [name: string]: string } = {
    'built-in': 'built-in',
    shapes: 'shapes',
    cifar10: 'cifar10=PATH',
    cifar100: 'cifar100=PATH',
  };
  const nearest = closestName(name, Object.keys(forms));
  throw unknownDatasetError(
    spec,
    nearest === undefined ? [] : [forms[nearest] as string],
    Object.values(forms),
  );
}
