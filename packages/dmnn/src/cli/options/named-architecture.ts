import { readFileSync } from 'node:fs';
import { type Architecture, parseArchitecture } from '@dmnn/architecture';
import { type ModelOptions, createArchitecture } from '@dmnn/backbones';
import { UsageError } from '../terminal/usage-error.js';

/**
 * The network that a command line names: a model of the zoo, or a file with an architecture of one's own.
 *
 * @param model - `dmnn50-n2`, or a path that ends in `.json`
 * @throws UnknownModelError, SubdivideError or UsageError if the name is wrong; ArchitectureError if the file is
 */
export function namedArchitecture(model: string, options: ModelOptions = {}): Architecture {
  if (model.endsWith('.json')) return parseArchitecture(readFileSync(model, 'utf8'));
  try {
    return createArchitecture(model, options);
  } catch (error) {
    // a number within the name is out of range: resnet50-0
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}
