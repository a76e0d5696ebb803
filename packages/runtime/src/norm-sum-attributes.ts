/** The attributes of the kernel `DmnnNormSum` and of its gradient. */
export interface NormSumAttributes {
  readonly paths: number;
  readonly normalised: boolean;
  /** The least and the largest result: an activation that clips. Infinite for none. */
  readonly bounds: readonly [low: number, high: number];
  readonly epsilon: number;
  readonly gateColumns: readonly number[];
  readonly splits: readonly number[];
  /** Forwards: whether to return the mean of the result over each map. */
  readonly pooled?: boolean;
  /** Backwards: the number of upstream gradients of maps. */
  readonly upstreams?: number;
  /** Backwards: whether to return the gradient of a shortcut. */
  readonly shortcut?: boolean;
}
