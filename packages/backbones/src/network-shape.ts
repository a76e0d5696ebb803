import { type Architecture, type BlockKind, type ConvUnit, placedBlocks } from '@dmnn/architecture';

/** A convolution as a file of weights shows it: without stride, padding and activation. */
export interface LayerShape {
  readonly kernelSize: number;
  /** Input channels of a group. */
  readonly groupChannels: number;
  readonly outChannels: number;
}

/** A block as a file of weights shows it. */
export interface BlockShape {
  readonly kind: BlockKind;
  readonly units: readonly LayerShape[];
  /** The convolution of the shortcut; undefined if it is an identity, padded, or not there. */
  readonly shortcut: LayerShape | undefined;
}

/**
 * What a file of weights shows of an undivided network. It does not show strides, pools and shortcuts without weights, so that
 * several networks may have the same.
 */
export interface NetworkShape {
  readonly stem: readonly LayerShape[];
  /** `[stage][block]`; families whose names have no stages have one. */
  readonly stages: readonly (readonly BlockShape[])[];
  readonly head: readonly LayerShape[];
  readonly classes: number;
}

/** What a file of an undivided network's weights would show. */
export function networkShape(architecture: Architecture): NetworkShape {
  const { stem, stages, head } = architecture;
  return {
    stem: stem.units.map(layerShape),
    stages: stages.map(({ blocks }) =>
      blocks.map(({ kind, subBlocks, shortcut }) => ({
        kind,
        units: (subBlocks[0]?.units ?? []).map(layerShape),
        shortcut: shortcut.kind === 'projection' ? layerShape(shortcut.unit) : undefined,
      })),
    ),
    head: head.units.map(layerShape),
    classes: head.classes,
  };
}

/** Whether a file of the architecture's weights shows this. Stages count only if the shape has several. */
export function hasShape(architecture: Architecture, shape: NetworkShape): boolean {
  const own = networkShape(architecture);
  const stages = shape.stages.length === 1 ? [own.stages.flat()] : own.stages;
  return (
    placedBlocks(architecture).length > 0 && JSON.stringify({ ...own, stages }) === JSON.stringify(shape)
  );
}

function layerShape({ kernelSize, inChannels, groups, outChannels }: ConvUnit): LayerShape {
  return { kernelSize, groupChannels: inChannels / groups, outChannels };
}
