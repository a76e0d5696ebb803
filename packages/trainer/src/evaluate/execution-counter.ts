import { type FlopsTable, alwaysMacs, tableUntilExit } from '@dmnn/flops';

/** Adds up what gates cost and how often each was open, image by image. */
export class ExecutionCounter {
  readonly #table: FlopsTable;
  /** `[e]`: of images that left at exit e; the last of those that went to the end. */
  readonly #always: readonly number[];
  readonly #open: number[][];
  readonly #perImageMacs: number[] = [];
  readonly #perImageGates: Uint8Array[] = [];

  constructor(table: FlopsTable) {
    this.#table = table;
    const ends = (table.exits ?? []).map((_, e) => tableUntilExit(table, e));
    this.#always = [...ends, table].map(alwaysMacs);
    this.#open = table.subBlockMacs.map((subBlocks) => subBlocks.map(() => 0));
  }

  /**
   * Counts one image.
   *
   * @param gates - of all gated blocks, one after the other: Σ N numbers of {0, 1} from `offset` on; zeros of those that it
   *   did not reach
   * @param leftAt - the exit at which it left. @defaultValue it went to the end
   */
  add(gates: ArrayLike<number>, offset: number, leftAt: number = this.#always.length - 1): void {
    let macs = this.#always[leftAt] as number;
    let at = offset;
    const gatesOfImage: number[] = [];
    for (const [l, subBlocks] of this.#table.subBlockMacs.entries()) {
      const open = this.#open[l] as number[];
      for (const [n, cost] of subBlocks.entries()) {
        const isOpen = gates[at++] === 1;
        gatesOfImage.push(isOpen ? 1 : 0);
        if (isOpen) {
          macs += cost;
          open[n] = (open[n] as number) + 1;
        }
      }
    }
    this.#perImageMacs.push(macs);
    this.#perImageGates.push(Uint8Array.from(gatesOfImage));
  }

  /** Cost of each image, in the order in which they were counted. */
  get perImageMacs(): readonly number[] {
    return this.#perImageMacs;
  }

  /** Gates of each image, of all gated blocks one after the other, in the order in which the images were counted. */
  get perImageGates(): readonly Uint8Array[] {
    return this.#perImageGates;
  }

  /** Mean cost of an image. */
  get meanMacs(): number {
    return this.#perImageMacs.reduce((sum, macs) => sum + macs, 0) / this.#perImageMacs.length;
  }

  /** `[l][n]`: share of the images that ran sub-block n of gated block l. */
  get executionRates(): number[][] {
    return this.#open.map((block) => block.map((count) => count / this.#perImageMacs.length));
  }
}
