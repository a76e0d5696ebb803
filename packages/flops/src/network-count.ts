import type { Conventions } from './conventions.js';

/** Cost and parameters of one layer. Costs are of one image, in the unit of the count's conventions. */
export interface LayerCount {
  /** The prefix of its variables' names: `stage0.block0.subblock1.unit2`, `head.linear`, `controllers.carry`. */
  readonly path: string;
  /** In words: `convolution 3×3, stride 2`. */
  readonly operation: string;
  /** `fixed` runs for every image, `gated` if its gate is open; `controller` decides the gates. */
  readonly part: 'fixed' | 'gated' | 'controller';
  /** Index l of its block among the gated blocks, from 0; absent outside gated blocks. */
  readonly blockIndex?: number;
  /** Index n of its sub-block, from 0; absent outside sub-blocks. */
  readonly subBlockIndex?: number;
  /** Shape of its output: `[height, width, channels]` in pixels, or `[features]`. */
  readonly outShape: readonly number[];
  readonly macs: number;
  readonly parameters: number;
}

/** Cost and parameters of one path of a block. */
export interface SubBlockCount {
  /** `stage0.block0.subblock1` */
  readonly path: string;
  readonly macs: number;
  readonly parameters: number;
}

/** Cost and parameters of one block: `macs = fixedMacs + gatedMacs + controllerMacs`. */
export interface BlockCount {
  /** `stage0.block0` */
  readonly path: string;
  /** From 0. */
  readonly stageIndex: number;
  /** Index l among the gated blocks, from 0; absent if the block has no controller. */
  readonly blockIndex?: number;
  readonly subBlocks: readonly SubBlockCount[];
  /** Shortcut and activation; everything, if the block has no controller. */
  readonly fixedMacs: number;
  /** All sub-blocks, if they are gated. */
  readonly gatedMacs: number;
  readonly controllerMacs: number;
  readonly macs: number;
  /** Without the shared matrix of the previous state, which belongs to no block. */
  readonly parameters: number;
  /** The part of `parameters` that belongs to the controller. */
  readonly controllerParameters: number;
}

/** Cost and parameters of an early classifier. */
export interface ExitCount {
  /** `exit0` */
  readonly path: string;
  /** Index of the block after which it stands, in {@link NetworkCount.blocks}. */
  readonly afterBlock: number;
  /** Of its own layers. */
  readonly macs: number;
  readonly parameters: number;
  /**
   * Cost of an image that leaves here, all gates open: everything up to the block, the exits before, and this one.
   */
  readonly until: Pick<NetworkCount, 'fixedMacs' | 'gatedMacs' | 'controllerMacs' | 'macs'>;
}

/** Cost and parameters of a network: `macs = fixedMacs + gatedMacs + controllerMacs`, all gates open. */
export interface NetworkCount {
  /** The architecture's name. */
  readonly name: string;
  /** Side of the square image, in pixels. */
  readonly imageSizePx: number;
  /** What was counted; `describeConventions` says it in words. */
  readonly conventions: Conventions;
  /** All layers that have a cost or parameters, in execution order. */
  readonly layers: readonly LayerCount[];
  readonly blocks: readonly BlockCount[];
  /** In order of their blocks; absent if the network has none. */
  readonly exits?: readonly ExitCount[];
  /**
   * Cost of stem, shortcuts, blocks without controller, exits and head, which run for every image that goes to the end.
   */
  readonly fixedMacs: number;
  readonly gatedMacs: number;
  /** Cost of the controllers; they run for every image too, but are counted separately. */
  readonly controllerMacs: number;
  readonly macs: number;
  /** Weights, biases, gamma and beta of batch norm; without its moving statistics. */
  readonly parameters: number;
}
