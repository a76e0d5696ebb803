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
