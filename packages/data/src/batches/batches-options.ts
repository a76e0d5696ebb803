import type { AugmentationName } from '../augmentation-name.js';

/** Options of `trainingBatches`. */
export interface TrainingBatchesOptions {
  /** Images in a batch. */
  readonly batchSize: number;
  /** The run's seed, a safe integer: it decides the order and the augmentation. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** First batch to return, from 0; a resumed run continues here. Default 0. */
  readonly startStep?: number | undefined;
  /** Batches to prefetch while the trainer computes; 0 for none. Default 2. */
  readonly prefetch?: number | undefined;
  /** Whether to leave out an incomplete last batch. Default true. */
  readonly dropLast?: boolean | undefined;
  /** How images are augmented. */
  readonly augment: AugmentationName;
}

/** Options of `evaluationBatches`. */
export interface EvaluationBatchesOptions {
  /** Images in a batch; the last may hold fewer. */
  readonly batchSize: number;
  /** Batches to prefetch while the network computes; 0 for none. Default 2. */
  readonly prefetch?: number | undefined;
}
