import type { AugmentationName } from '../augmentation-name.js';

/** What to draw, and how. */
export interface TrainingBatchesOptions {
  /** Images in a batch. */
  readonly batchSize: number;
  /** The run's seed, a safe integer: it decides the order and the augmentation. */
  readonly seed: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** First batch wanted, from 0; where a resumed run goes on. Default 0. */
  readonly startStep?: number | undefined;
  /** Batches held ready while the trainer computes; 0 for none. Default 2. */
  readonly prefetch?: number | undefined;
  /** Whether a last batch of fewer images is left out. Default true. */
  readonly dropLast?: boolean | undefined;
  /** How images are changed. */
  readonly augment: AugmentationName;
}

/** How to draw. */
export interface EvaluationBatchesOptions {
  /** Images in a batch; the last may hold fewer. */
  readonly batchSize: number;
  /** Batches held ready while the network computes; 0 for none. Default 2. */
  readonly prefetch?: number | undefined;
}
