/** Which hidden channels of the undivided block one sub-block has; indices rise. */
export interface PartChannels {
  /** `[k]`: channels between unit k and unit k + 1. */
  readonly between: readonly (readonly number[])[];
  /**
   * Of each channel before the last unit, the share of its contribution that this part adds: 1 where no other part has
   * it. Over the parts a channel's shares sum to 1.
   */
  readonly shares: readonly number[];
}

/** Sub-blocks' channels, and what the undivided block had that they have not. */
export interface ChannelPlan {
  readonly parts: readonly PartChannels[];
  /** Expected share of the variance that is lost, in [0, 1]; 0: the parts together compute the block's function. */
  readonly lostShare: number;
}
