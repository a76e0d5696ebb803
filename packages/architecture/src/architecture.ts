import type { Block } from './block.js';
import type { ConvUnit, MaxPool } from './conv-unit.js';

/** What comes before the first block. */
export interface Stem {
  readonly units: readonly ConvUnit[];
  readonly pool?: MaxPool;
}

/** Blocks that belong together: for the category loss's weights, for widths, in print. */
export interface Stage {
  readonly blocks: readonly Block[];
}

/** What comes after the last block: units, global average pooling, one linear layer with bias. */
export interface Head {
  readonly units: readonly ConvUnit[];
  readonly inFeatures: number;
  readonly classes: number;
}

/**
 * A convolutional network as plain data: `JSON.parse(JSON.stringify(a))` is the same network.
 *
 * Variables, tensors, counts, graphs and pictures are all functions of it.
 */
export interface Architecture {
  /** What it is, as in `dmnn models`: `dmnn50-n2`. */
  readonly name: string;
  /** Side of the square image it is meant for, in pixels. Convolutions accept others. */
  readonly imageSizePx: number;
  /** Channels of an image: 3 for colour. */
  readonly inChannels: number;
  readonly stem: Stem;
  readonly stages: readonly Stage[];
  readonly head: Head;
  /** The backbone it was divided or pruned from; its cost is what the paper's ratios divide by. Absent if it is a backbone. */
  readonly undivided?: Architecture;
}
