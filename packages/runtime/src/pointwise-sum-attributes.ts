/** The attributes of the kernel `DmnnPointwiseSum` and of its gradient. */
export interface PointwiseSumAttributes {
  readonly paths: number;
  /** Whether the shortcut has a batch norm, too. */
  readonly shortcutNormalised: boolean;
  /** The least and the largest result: an activation that clips. Infinite for none. */
  readonly bounds: readonly [low: number, high: number];
  readonly epsilon: number;
  readonly gateColumns: readonly number[];
  /** Forwards: whether to return the mean of the result over each map. */
  readonly pooled?: boolean;
  /** Backwards: the number of upstream gradients of maps. */
  readonly upstreams?: number;
}
