import { type Architecture, type Block, placedBlocks } from '@dmnn/architecture';
import { families, familyOf } from '@dmnn/backbones/internal';
import type { NameMap } from './name-map.js';

/** Whose names: of torchvision's or of timm's models. Those of ResNets and ResNeXts are the same. */
export type NamesOf = 'torchvision' | 'timm';

/**
 * What torchvision or timm call the variables of a network of the zoo.
 *
 * @returns undefined if they have no such network: one with gates, with several sub-blocks, or of mixed blocks
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { nameMapOf } from '@dmnn/import';
 *
 * const { names = {} } = nameMapOf(createArchitecture('mobilenetv2'), 'timm') ?? {};
 * console.log(names['stage0.block0.subblock0.unit0']); // => [ 'blocks.0.0.conv_dw', 'blocks.0.0.bn1' ]
 * console.log(nameMapOf(createArchitecture('dmnn50-n2'), 'timm')); // => undefined
 * ```
 */
export function nameMapOf(architecture: Architecture, whose: NamesOf): NameMap | undefined {
  if (!placedBlocks(architecture).every(({ block }) => isUndivided(block))) return undefined;
  // a network with a name of its own may be of a family's form all the same
  const own = familyOf(architecture.name)?.family;
  for (const family of own ? [own, ...families] : families) {
    const names = family.pretrainedNames?.(architecture, whose);
    if (names) return { names };
  }
  return undefined;
}

function isUndivided({ subBlocks, controller }: Block): boolean {
  return subBlocks.length === 1 && !controller;
}
