import { readFileSync } from 'node:fs';
import { type Architecture, parseArchitecture } from '@dmnn/architecture';
import { type ModelOptions, createArchitecture } from '@dmnn/backbones';

/**
 * The network that a command line names: a model of the zoo, or a custom architecture in a file.
 *
 * @param model - `dmnn50-n2`, or a path that ends in `.json`
 * @throws DmnnError `DMNN_UNKNOWN_MODEL` or DmnnError `DMNN_SUBDIVIDE` if the name is wrong, RangeError if a number in it is (`resnet50-0`);
 *   ArchitectureError if the file is
 */
export function namedArchitecture(model: string, options: ModelOptions = {}): Architecture {
  if (model.endsWith('.json')) return parseArchitecture(readFileSync(model, 'utf8'));
  return createArchitecture(model, options);
}
