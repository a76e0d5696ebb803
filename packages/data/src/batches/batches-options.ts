import type { AugmentationName } from './augmentation.js';
import type { ShuffledBatchesOptions } from './draw-batches.js';

/** What to draw, and how. */
export interface TrainingBatchesOptions extends ShuffledBatchesOptions {
  /** How images are changed. */
  readonly augment: AugmentationName;
}

/** How to draw. */
export interface EvaluationBatchesOptions {
  /** Images in a batch; the last may hold fewer. */
  readonly batchSize: number;
  /** Batches held ready while the network computes; 0 for none. Default 2. */
  readonly prefetch?: number;
}
