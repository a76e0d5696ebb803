import { DmnnError, closestName } from '@dmnn/foundation';
import { usageError } from '../terminal/usage-error.js';

/** How the data of `--data` are named: built in, or a name and a path. */
const smallForms = [
  'built-in',
  'built-in=IMAGES (fewer of them)',
  'shapes',
  'shapes=IMAGES',
  'cifar10=PATH',
  'cifar100=PATH',
] as const;
const allForms = [...smallForms, 'imagenet=PATH', 'folder=PATH (your own images)'] as const;

/** What `--data` takes, for help texts and messages. */
export const dataForms: string = listed(smallForms);
/** What `--data` takes if image folders work too, for help texts and messages. */
export const trainingDataForms: string = listed(allForms);

/** Whether a data set needs no path. */
export function isBuiltIn(data: string): data is 'built-in' | 'shapes' {
  return data === 'built-in' || data === 'shapes';
}

/**
 * Refuses what names no data, before anything is opened. Every message says all forms.
 *
 * @param images - whether folders of photographs work too
 * @throws DmnnError `DMNN_USAGE` without a path or with a wrong size; DmnnError `DMNN_UNKNOWN_DATASET` with the nearest form
 */
export function assertDataSpec(spec: string, { images }: { readonly images: boolean }): void {
  const [name = '', ...rest] = spec.split('=');
  const value = rest.length > 0 ? rest.join('=') : undefined;
  const forms = images ? trainingDataForms : dataForms;
  const refused = (got: string): DmnnError => usageError(`--data: expected ${forms}, got ${got}`);
  switch (name) {
    case 'built-in':
    case 'shapes':
      if (value === undefined || (/^\d{1,7}$/.test(value) && Number(value) >= 4)) return;
      throw refused(`${spec}: IMAGES is an integer >= 4.`);
    case 'cifar10':
    case 'cifar100':
      if (value) return;
      throw refused(
        `${spec} without the folder of ${name === 'cifar10' ? 'CIFAR-10' : 'CIFAR-100'}'s binary version.`,
      );
    case 'imagenet':
      if (!images) throw refused(`${spec}: only train, reproduce, eval and report take photographs.`);
      if (value) return;
      throw refused(`${spec} without the folder that holds ImageNet.`);
    case 'folder':
      if (!images) throw refused(`${spec}: only train, reproduce, eval and report take photographs.`);
      if (value) return;
      throw refused(`${spec} without the folder that holds train/ and val/, or one folder per class.`);
    default:
      throw unknown(spec, name, images ? allForms : smallForms, forms);
  }
}

function unknown(spec: string, name: string, forms: readonly string[], all: string): DmnnError {
  const nearest = closestName(name, ['built-in', 'shapes', 'cifar10', 'cifar100', 'imagenet', 'folder']);
  const suggestions = forms
    .filter((form) => nearest !== undefined && form.split('=')[0] === nearest)
    .map((form) => form.replace(/ \(.*/, ''));
  const meant = suggestions[0] === undefined ? '' : ` Did you mean ${suggestions[0]}?`;
  return new DmnnError(
    'DMNN_UNKNOWN_DATASET',
    `--data: expected ${all}, got ${JSON.stringify(spec)}.${meant}`,
    {
      details: { spec, suggestions: suggestions.slice(0, 1) },
    },
  );
}

function listed(forms: readonly string[]): string {
  return `${forms.slice(0, -1).join(', ')} or ${forms.at(-1) ?? ''}`;
}
