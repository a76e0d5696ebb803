import { type Architecture, parseArchitecture } from '@dmnn/architecture';
import { type ModelOptions, createArchitecture } from '@dmnn/backbones';
import { inFile } from '@dmnn/foundation';
import { fileContents } from './file-contents.js';

/**
 * The network that a command line names: a model of the zoo, or a custom architecture in a file.
 *
 * @param model - `dmnn50-n2`, or a path that ends in `.json`
 * @throws DmnnError `DMNN_UNKNOWN_MODEL` or DmnnError `DMNN_SUBDIVIDE` if the name is wrong, RangeError if a number in it is (`resnet50-0`);
 *   ArchitectureError if the file is; DmnnError `DMNN_USAGE` if there is no such file
 */
export function namedArchitecture(model: string, options: ModelOptions = {}): Architecture {
  if (model.endsWith('.json')) return inFile(model, () => parseArchitecture(fileContents(model, 'model')));
  return createArchitecture(model, options);
}
