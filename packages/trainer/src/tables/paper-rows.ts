import { paperNumbers } from './paper-numbers.js';

/** What the paper prints in one row, and what the row stands for. */
export interface PaperNumbers {
  /** 1 to 4. */
  readonly table: number;
  /** From 1, in the paper's order. */
  readonly row: number;
  readonly model: string;
  readonly system: RowSystem;
  readonly top1ErrorPercent: number;
  /** Millions. */
  readonly paramsM: number | null;
  /** 10⁹ multiply–accumulates of one image; of a dynamic network, the mean over the test images. */
  readonly gflops: number | null;
  /** `gflops` of the undivided backbone's, in percent. */
  readonly ratioPercent: number | null;
  /** N. */
  readonly subBlocks?: number;
  /** t. */
  readonly targetRate?: number;
  /** Table 4: whether controllers get the state of the one before. */
  readonly previousState?: boolean;
  /** Table 4: whether the category loss was used. */
  readonly categoryLoss?: boolean;
  /** What was lost in the text and inferred, or what is odd about the numbers. */
  readonly note?: string;
}

/** Whose method a row shows. */
export type RowSystem =
  'resnet' | 'resnext' | 'mobilenet-v2' | 'taylor-pruning' | 'convnet-aig' | 'slimmable' | 'dmnn';

/** A row of the paper's tables and its name. */
export interface PaperRow {
  /** Table, row, model and setting: `table1/10-dmnn50-n2-t0.5`. */
  readonly id: string;
  readonly paper: PaperNumbers;
}

/**
 * All 42 rows of the paper's Tables 1 to 4, in its order.
 *
 * @example
 * ```ts
 * import { paperRows } from '@dmnn/trainer';
 *
 * const row = paperRows().find(({ id }) => id === 'table1/10-dmnn50-n2-t0.5');
 * console.log(paperRows().length, row?.paper.ratioPercent); // => 42 57.6
 * ```
 */
export function paperRows(): PaperRow[] {
  return Object.entries(paperNumbers).map(([id, paper]) => ({ id, paper }));
}
