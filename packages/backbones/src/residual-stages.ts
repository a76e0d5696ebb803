import type { Block, Stage } from '@dmnn/architecture';
import type { ResidualBlockOptions } from './residual-block.js';

/** One stage: how many blocks, and their channels. */
export interface StagePlan {
  readonly depth: number;
  readonly width: number;
  readonly outChannels: number;
  /** Of the stage's first block. */
  readonly stride: number;
}

/** Strings blocks together: each takes the channels that the one before gives, the first of a stage the stage's stride. */
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
