import { type Architecture, placedBlocks } from '@dmnn/architecture';
import type { PretrainedLibrary, PretrainedNames } from './family.js';

/** Names of the variables of a ResNet or ResNeXt: the same in torchvision and timm, with two others in `pytorch-cifar`. */
export function residualNames(
  architecture: Architecture,
  library: PretrainedLibrary,
): PretrainedNames | undefined {
  const { stem, head } = architecture;
  const blocks = placedBlocks(architecture).map(({ block }) => block);
  const residual = blocks.every(({ kind }) => kind === 'basic' || kind === 'bottleneck');
  if (!residual || blocks.length === 0 || stem.units.length !== 1 || head.units.length > 0) return undefined;
  const hasProjections = blocks.some(({ shortcut }) => shortcut.kind === 'projection');
  const [shortcut, linear] = library === 'pytorch-cifar' ? ['shortcut', 'linear'] : ['downsample', 'fc'];
  return {
    'stem.unit0': ['conv1', 'bn1'],
    'stage{s}.block{b}.subblock0.unit{u}': ['layer{s+1}.{b}.conv{u+1}', 'layer{s+1}.{b}.bn{u+1}'],
    ...(hasProjections && {
      'stage{s}.block{b}.shortcut': [`layer{s+1}.{b}.${shortcut}.0`, `layer{s+1}.{b}.${shortcut}.1`],
    }),
    'head.linear': linear,
  };
}
