/** The attributes of the kernel `DmnnNormSum`, and of its gradient where it says so. */
export interface NormSumAttributes {
  readonly paths: number;
  readonly normalised: boolean;
  /** What the sum is held between: the activation, if it is one that does nothing else. Infinite for none. */
  readonly bounds: readonly [low: number, high: number];
  readonly epsilon: number;
  readonly gateColumns: readonly number[];
  readonly splits: readonly number[];
  /** Forwards: whether the mean of the result over each map is wanted. */
  readonly pooled?: boolean;
  /** Backwards: how many upstream gradients of maps there are. */
  readonly upstreams?: number;
  /** Backwards: whether the gradient of a shortcut is wanted. */
  readonly shortcut?: boolean;
}
