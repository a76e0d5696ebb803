import type { PretrainedNames } from '@dmnn/backbones/internal';
import { type Head, headLayers } from '@dmnn/architecture';
import type { Weights } from '@dmnn/weights';

/**
 * Where the linear layers of a head stand in a file: `fc`, or by their places in PyTorch's `Sequential`, `fc.0` and `fc.3`, between
 * which activations and dropouts have no tensors.
 *
 * @param linear - the library's name of the only one: `fc`, or `classifier.1`, whose number says as little
 * @returns in order; empty if there is none
 */
export function headLayersIn(tensors: Weights, linear: string, prefix?: string): string[] {
  const base = linear.replace(/\.\d+$/, '');
  const escaped = base.replaceAll('.', '\\.');
  const pattern = new RegExp(`^(.*\\.)?(${escaped}(?:\\.(\\d{1,4}))?)\\.weight$`);
  const found = new Map<string, number>();
  for (const [name, { shape }] of tensors) {
    const [, before = '', path, place] = shape.length === 2 ? (pattern.exec(name) ?? []) : [];
    if (path !== undefined && (prefix === undefined || before === prefix))
      found.set(path, Number(place ?? -1));
  }
  return [...found].sort(([, a], [, b]) => a - b).map(([path]) => path);
}

/**
 * The names of a head's variables, where a library's network has another head than the usual one: those that the file has, if
 * they are as many.
 *
 * @param names - of the usual network
 */
export function withHeadOf(names: PretrainedNames, head: Head, tensors: Weights): PretrainedNames {
  const linear = names['head.linear'];
  if (typeof linear !== 'string') return names;
  const layers = headLayers(head);
  const inFile = headLayersIn(tensors, linear);
  if (inFile.length !== layers.length && layers.length === 1) return names;
  const base = linear.replace(/\.\d+$/, '');
  const own = layers.map(({ name }, i): [string, string] => [
    `head.${name}`,
    // otherwise a place to ask for: with an activation after each
    inFile.length === layers.length ? (inFile[i] as string) : `${base}.${2 * i}`,
  ]);
  return { ...names, ...Object.fromEntries(own) };
}
