/** A round of pruning: channels were removed from the network that a run begins with. */
export interface PruneRound {
  /** From 1. */
  readonly round: number;
  /** Channels removed so far. */
  readonly removed: number;
  readonly macs: number;
  /** Of the network at the start. */
  readonly macsRatio: number;
  readonly parameters: number;
  /** Mean loss of the training steps before it; null if there were none. */
  readonly loss: number | null;
}
