/** A network without choice, image by image. */
export interface StaticSystem {
  /** As typed. */
  readonly path: string;
  readonly name: string;
  readonly data: string;
  readonly meanMacs: number;
  /** `[row]`: index in the data set. */
  readonly indices: readonly number[];
  /** `[row]`: 1 where the answer is wrong. */
  readonly wrong: Uint8Array;
}
