/** The hidden channels of the undivided block in one sub-block; indices ascend. */
export interface PartChannels {
  /** `[k]`: channels between unit k and unit k + 1. */
  readonly between: readonly (readonly number[])[];
  /**
   * For each channel before the last unit, the share of its contribution that this part adds: 1 if no other part has
   * it. The shares of a channel sum to 1 over the parts.
   */
  readonly shares: readonly number[];
}

/** The channels of the sub-blocks, and what is lost of the undivided block. */
export interface ChannelPlan {
  readonly parts: readonly PartChannels[];
  /** Expected share of the lost variance, in [0, 1]; 0 means that the parts together compute the block's function. */
  readonly lostShare: number;
}
