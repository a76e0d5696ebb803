import { convnetAigNames } from './convnet-aig-name.js';
import { families } from './families.js';
import { skipNetNames } from './skipnet.js';

/**
 * The names of the zoo: backbones, then divided networks, then ConvNet-AIG and SkipNet. {@link createArchitecture} also accepts
 * other names of the same patterns: any width, N, number of groups or CIFAR depth.
 */
export function modelNames(): string[] {
  return [
    ...families.flatMap(({ names }) => names),
    ...families.flatMap(({ dividedNames }) => dividedNames),
    ...convnetAigNames,
    ...skipNetNames,
  ];
}
