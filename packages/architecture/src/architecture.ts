import type { Block } from './block.js';
import type { ConvUnit, MaxPool } from './conv-unit.js';

/** The layers before the first block. */
export interface Stem {
  readonly units: readonly ConvUnit[];
  readonly pool?: MaxPool;
}

/** A group of consecutive blocks, which the weights of the category loss, widths and reports refer to. */
export interface Stage {
  readonly blocks: readonly Block[];
}

/** The layers after the last block: units, global average pooling, one linear layer with bias. */
export interface Head {
  readonly units: readonly ConvUnit[];
  readonly inFeatures: number;
  readonly classes: number;
}

/**
 * A convolutional network as plain data: `JSON.parse(JSON.stringify(a))` is the same network.
 *
 * Variables, tensors, counts, graphs and figures are all derived from it.
 */
export interface Architecture {
  /** Its name, as in `dmnn models`: `dmnn50-n2`. */
  readonly name: string;
  /** Side of the square image it is designed for, in pixels. Convolutions accept other sizes. */
  readonly imageSizePx: number;
  /** Channels of an image: 3 for colour. */
  readonly inChannels: number;
  readonly stem: Stem;
  readonly stages: readonly Stage[];
  readonly head: Head;
  /**
   * The backbone it was divided or pruned from, whose cost is the denominator of the paper's ratios. Absent if it is
   * a backbone.
   */
  readonly undivided?: Architecture;
}
