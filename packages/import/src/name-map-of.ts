import { type Architecture, type Block, placedBlocks } from '@dmnn/architecture';
import { families, familyOf } from '@dmnn/backbones/internal';
import { type Weights, variableSpecs } from '@dmnn/weights';
import { withHeadOf } from './head-names.js';
import type { NameMap } from './name-map.js';

/**
 * The library whose names are used. ResNets and ResNeXts have the same in torchvision and timm; `pytorch-cifar`, the
 * repositories of CIFAR networks, say `linear` for `fc` and `shortcut` for `downsample`; `efficientnet-pytorch` are the names
 * of PyPI's `efficientnet-lite-pytorch`. `dmnn` are our own names, with our own
 * layouts, as in the `weights.safetensors` of a model folder.
 */
export type NamesOf = 'torchvision' | 'timm' | 'pytorch-cifar' | 'efficientnet-pytorch' | 'dmnn';

/** All of {@link NamesOf}, in the order in which they are tried. */
export const namingSchemes: readonly NamesOf[] = [
  'torchvision',
  'timm',
  'pytorch-cifar',
  'efficientnet-pytorch',
  'dmnn',
];

/**
 * The names of the variables of a network of the zoo in a library; of any network here (`dmnn`).
 *
 * @param tensors - of the file: a head of several linear layers, or one with a dropout before it, has the names that it has there
 * @returns undefined if the library has no such network: one with gates, several sub-blocks, or mixed kinds of blocks
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
export function nameMapOf(
  architecture: Architecture,
  whose: NamesOf,
  tensors: Weights = new Map(),
): NameMap | undefined {
  if (whose === 'dmnn')
    return { names: Object.fromEntries(variableSpecs(architecture).map(({ name }) => [name, name])) };
  if (!placedBlocks(architecture).every(({ block }) => isUndivided(block))) return undefined;
  // a network with another name may still have the form of a family
  const own = familyOf(architecture.name)?.family;
  for (const family of own ? [own, ...families] : families) {
    const names = family.pretrainedNames?.(architecture, whose);
    if (names) return { names: withHeadOf(names, architecture.head, tensors) };
  }
  return undefined;
}

function isUndivided({ subBlocks, controller }: Block): boolean {
  return subBlocks.length === 1 && !controller;
}
