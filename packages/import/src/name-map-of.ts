import { type Architecture, type Block, type BlockKind, placedBlocks } from '@dmnn/architecture';
import type { NameMap } from './name-map.js';

/** Whose names: of torchvision's or of timm's models. Those of ResNets and ResNeXts are the same. */
export type NamesOf = 'torchvision' | 'timm';

type Names = Record<string, string | readonly [string, string]>;

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
  const blocks = placedBlocks(architecture).map(({ block }) => block);
  if (!blocks.every(isUndivided) || architecture.stem.units.length !== 1) return undefined;
  if (areOf(['basic', 'bottleneck'], blocks)) return residualNames(architecture);
  if (!areOf(['inverted-residual'], blocks) || architecture.head.units.length !== 1) return undefined;
  return whose === 'torchvision' ? torchvisionMobileNames(architecture) : timmMobileNames(architecture);
}

function isUndivided({ subBlocks, controller }: Block): boolean {
  return subBlocks.length === 1 && !controller;
}

function areOf(kinds: readonly BlockKind[], blocks: readonly Block[]): boolean {
  return blocks.length > 0 && blocks.every(({ kind }) => kinds.includes(kind));
}

function residualNames({ head, stages }: Architecture): NameMap | undefined {
  if (head.units.length > 0) return undefined;
  const hasShortcuts = stages.some(({ blocks }) =>
    blocks.some(({ shortcut }) => shortcut.kind === 'projection'),
  );
  return {
    names: {
      'stem.unit0': ['conv1', 'bn1'],
      'stage{s}.block{b}.subblock0.unit{u}': ['layer{s+1}.{b}.conv{u+1}', 'layer{s+1}.{b}.bn{u+1}'],
      ...(hasShortcuts && {
        'stage{s}.block{b}.shortcut': ['layer{s+1}.{b}.downsample.0', 'layer{s+1}.{b}.downsample.1'],
      }),
      'head.linear': 'fc',
    },
  };
}

/** Stem, blocks and last convolution are numbered in one row. */
function torchvisionMobileNames(architecture: Architecture): NameMap {
  const names: Names = { 'stem.unit0': ['features.0.0', 'features.0.1'] };
  const blocks = placedBlocks(architecture);
  for (const [index, { block, path }] of blocks.entries()) {
    const units = unitsOf(block);
    for (let unit = 0; unit < units; unit++) {
      const at = `features.${index + 1}.conv`;
      // all but the last are grouped with their activation
      names[`${path}.subblock0.unit${unit}`] =
        unit < units - 1 ? [`${at}.${unit}.0`, `${at}.${unit}.1`] : [`${at}.${unit}`, `${at}.${unit + 1}`];
    }
  }
  const last = blocks.length + 1;
  names['head.unit0'] = [`features.${last}.0`, `features.${last}.1`];
  names['head.linear'] = 'classifier.1';
  return { names };
}

/** Blocks of each row of the paper's table, which is what timm numbers first. */
const rowDepths = [1, 2, 3, 4, 3, 3, 1];

function timmMobileNames(architecture: Architecture): NameMap | undefined {
  const places = rowDepths.flatMap((depth, row) =>
    Array.from({ length: depth }, (_, i) => `blocks.${row}.${i}`),
  );
  const blocks = placedBlocks(architecture);
  if (blocks.length !== places.length) return undefined;
  const names: Names = { 'stem.unit0': ['conv_stem', 'bn1'] };
  for (const [index, { block, path }] of blocks.entries()) {
    const convolutions = unitsOf(block) === 3 ? ['conv_pw', 'conv_dw', 'conv_pwl'] : ['conv_dw', 'conv_pw'];
    for (const [unit, convolution] of convolutions.entries()) {
      const at = places[index] ?? '';
      names[`${path}.subblock0.unit${unit}`] = [`${at}.${convolution}`, `${at}.bn${unit + 1}`];
    }
  }
  return { names: { ...names, 'head.unit0': ['conv_head', 'bn2'], 'head.linear': 'classifier' } };
}

function unitsOf({ subBlocks }: Block): number {
  return subBlocks[0]?.units.length ?? 0;
}
