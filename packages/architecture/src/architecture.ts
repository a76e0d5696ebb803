import type { Activation } from './activations.js';
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

/** A linear layer with bias before the last one, and its activation. */
export interface HiddenLayer {
  /** Numbers that it gives. */
  readonly features: number;
  readonly activation: Activation;
}

/** The layers after the last block: units, global average pooling, hidden linear layers if any, the last linear layer with bias. */
export interface Head {
  readonly units: readonly ConvUnit[];
  /** Channels that are pooled. */
  readonly inFeatures: number;
  /** Between the pooled channels and the last linear layer; absent if there are none. */
  readonly hidden?: readonly HiddenLayer[];
  readonly classes: number;
}

/**
 * A classifier after a block, by which an image may leave the network before its end.
 *
 * @see BranchyNet (Teerapittayanon et al. 2016, arXiv 1709.01686) §III
 */
export interface Exit {
  /** The block after which it stands: its index among all blocks in execution order, from 0. */
  readonly afterBlock: number;
  /** What turns the block's output into logits, of the same classes as the network's head. */
  readonly head: Head;
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
   * Early classifiers in order, at most one after a block and none after the last, where the head is. Absent if images
   * always run to the end.
   */
  readonly exits?: readonly Exit[];
  /**
   * The backbone it was divided or pruned from or that was given exits, whose cost is the denominator of the paper's
   * ratios. Absent if it is a backbone.
   */
  readonly undivided?: Architecture;
}
