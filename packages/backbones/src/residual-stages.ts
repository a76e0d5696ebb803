import type { Block, Stage } from '@dmnn/architecture';
import type { ResidualBlockOptions } from './residual-block.js';

/** One stage: the number of blocks, and their channels. */
export interface StagePlan {
  readonly depth: number;
  readonly width: number;
  readonly outChannels: number;
  /** Stride of the first block of the stage. */
  readonly stride: number;
}

/**
 * Chains blocks: each takes the output channels of the previous one, and the first block of a stage has the stride of
 * the stage.
 */
export function residualStages(
  stemChannels: number,
  plans: readonly StagePlan[],
  makeBlock: (options: ResidualBlockOptions) => Block,
): Stage[] {
  let inChannels = stemChannels;
  return plans.map(({ depth, width, outChannels, stride }) => ({
    blocks: Array.from({ length: depth }, (_, index) => {
      const block = makeBlock({ inChannels, width, outChannels, stride: index === 0 ? stride : 1 });
      inChannels = outChannels;
      return block;
    }),
  }));
}
