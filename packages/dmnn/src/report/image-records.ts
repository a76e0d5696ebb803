import type { Dataset } from '@dmnn/data';
import type { Evaluation } from '@dmnn/trainer';

/** An image of a data set, and its evaluation. */
export interface ImageRecord {
  /** Index in the data set. */
  readonly index: number;
  readonly label: number;
  readonly category: number;
  readonly predictedLabel: number;
  /** Multiply–accumulates. */
  readonly macs: number;
  /** Gates in {0, 1}, of all gated blocks one after the other. */
  readonly gates: Uint8Array;
}

/**
 * An evaluation, image by image, in the data set's order. Damaged images are skipped, as in the evaluation.
 *
 * @param dataset - the whole evaluated data set
 */
export function imageRecords(evaluation: Evaluation, dataset: Dataset): ImageRecord[] {
  const { error, cost, gates } = evaluation;
  const skipped = new Set(evaluation.skippedImages);
  const intact = Array.from({ length: dataset.size }, (_, index) => index).filter(
    (index) => !skipped.has(index),
  );
  return intact.map((index, at) => ({
    index,
    label: dataset.label(index),
    category: dataset.category(index),
    predictedLabel: error.predictions[at] as number,
    macs: cost.perImageMacs[at] as number,
    gates: gates.perImageGates[at] as Uint8Array,
  }));
}
