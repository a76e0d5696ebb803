import { convnetAigNames } from './convnet-aig-name.js';
import { families } from './families.js';

/**
 * Names of the zoo: backbones, then divided networks, then ConvNet-AIG. {@link createArchitecture} takes others by the same
 * patterns: any width, N, group count or CIFAR depth.
 */
export function modelNames(): string[] {
  return [
    ...families.flatMap(({ names }) => names),
    ...families.flatMap(({ dividedNames }) => dividedNames),
    ...convnetAigNames,
  ];
}
