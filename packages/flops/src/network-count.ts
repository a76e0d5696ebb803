import type { Conventions } from './conventions.js';

/** Cost and parameters of one layer. Costs are of one image, in the unit of the count's conventions. */
export interface LayerCount {
  /** The prefix of its variables' names: `stage0.block0.subblock1.unit2`, `head.linear`, `controllers.carry`. */
  readonly path: string;
  /** In words: `convolution 3×3, stride 2`. */
  readonly operation: string;
  /** Runs for every image, runs if its gate is open, or decides about gates. */
  readonly part: 'fixed' | 'gated' | 'controller';
  /** Place l of its block among the gated ones, from 0; absent outside of them. */
  readonly blockIndex?: number;
  /** n of its sub-block, from 0; absent outside of sub-blocks. */
  readonly subBlockIndex?: number;
  /** What leaves it: `[height, width, channels]` in pixels, or `[features]`. */
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
  /** Place l among the gated blocks, from 0; absent if the block has no controller. */
  readonly blockIndex?: number;
  readonly subBlocks: readonly SubBlockCount[];
  /** Shortcut and activation; of a block without controller, all of it. */
  readonly fixedMacs: number;
  /** All sub-blocks, if they are gated. */
  readonly gatedMacs: number;
  readonly controllerMacs: number;
  readonly macs: number;
  /** Without those of the shared matrix of the previous state, which belongs to no block. */
  readonly parameters: number;
  /** How many of `parameters` are the controller's. */
  readonly controllerParameters: number;
}

/** Cost and parameters of a network: `macs = fixedMacs + gatedMacs + controllerMacs`, all gates open. */
export interface NetworkCount {
  /** The architecture's name. */
  readonly name: string;
  /** Side of the square image, in pixels. */
  readonly imageSizePx: number;
  /** What was counted; `describeConventions` says it in words. */
  readonly conventions: Conventions;
  /** All that costs anything or has parameters, in the order in which an image passes it. */
  readonly layers: readonly LayerCount[];
  readonly blocks: readonly BlockCount[];
  /** Stem, shortcuts, blocks without controller, head: run for every image. */
  readonly fixedMacs: number;
  readonly gatedMacs: number;
  /** Run for every image too, counted apart. */
  readonly controllerMacs: number;
  readonly macs: number;
  /** Weights, biases, gamma and beta of batch norm; not its moving statistics. */
  readonly parameters: number;
}
