/** One file of the Python package index. */
export interface PinnedWheel {
  /** The requirement to pass to pip. */
  readonly requirement: string;
  readonly fileName: string;
  readonly sha256: string;
}
