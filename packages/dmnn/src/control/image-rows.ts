import type { Dataset } from '@dmnn/data';
import type { Evaluation } from '@dmnn/trainer';

/** Images of an evaluation, one by one. */
export interface ImageRows {
  /** `[row]`: the index of each intact image in the data set. */
  readonly indices: readonly number[];
  /** `[row]`: 1 where the answer is wrong. */
  readonly wrong: Uint8Array;
  /** `[row]` */
  readonly macs: readonly number[];
}

/** The images of an evaluation, without damaged ones. */
export function imageRows({ error, skippedImages, cost }: Evaluation, dataset: Dataset): ImageRows {
  const damaged = new Set(skippedImages);
  const indices = Array.from({ length: dataset.size }, (_, index) => index).filter(
    (index) => !damaged.has(index),
  );
  const wrong = Uint8Array.from(error.predictions, (predicted, row) =>
    Number(predicted !== dataset.label(indices[row] as number)),
  );
  return { indices, wrong, macs: cost.perImageMacs };
}
