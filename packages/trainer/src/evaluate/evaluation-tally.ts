import type { Architecture } from '@dmnn/architecture';
import type { Dataset, SkippedImage } from '@dmnn/data';
import {
  type FlopsTable,
  countNetwork,
  countUndivided,
  flopsTable,
  macsRatio,
  patternMacs,
  tableUntilExit,
} from '@dmnn/flops';
import type { Evaluation, ExitEvaluation } from './evaluation.js';
import { evaluationError } from './evaluation-error.js';
import { ExecutionCounter } from './execution-counter.js';
import type { OnSkipped } from './on-skipped.js';

/** What was found of one image. */
export interface TalliedImage {
  readonly predicted: number;
  /** The class that each exit predicts. @defaultValue the network has none */
  readonly exits?: ArrayLike<number>;
  /** Of all gated blocks, one after the other, numbers of {0, 1}, from `offset` on. */
  readonly gates: ArrayLike<number>;
  /** @defaultValue 0 */
  readonly offset?: number;
  /** The exit at which it left. @defaultValue it went to the end */
  readonly leftAt?: number | undefined;
}

/** Adds up an evaluation, whatever runs the images. */
export class EvaluationTally {
  readonly #architecture: Architecture;
  readonly #imageSizePx: number;
  readonly #table: FlopsTable;
  readonly #counter: ExecutionCounter;
  /** `[e]` */
  readonly #correctAtExits: number[];
  readonly #predictions: number[] = [];
  readonly #skippedImages: number[] = [];
  #correct = 0;
  #lossSum = 0;
  #milliseconds = 0;

  /** @throws RangeError if the data set has no images or another number of classes than the network */
  constructor(architecture: Architecture, dataset: Dataset) {
    assertFits(architecture, dataset);
    this.#architecture = architecture;
    this.#imageSizePx = dataset.imageSizePx;
    const count = countNetwork(architecture, { imageSizePx: dataset.imageSizePx });
    this.#table = flopsTable(count);
    this.#counter = new ExecutionCounter(this.#table);
    this.#correctAtExits = (this.#table.exits ?? []).map(() => 0);
  }

  /** How many images were added. */
  get images(): number {
    return this.#predictions.length;
  }

  /** Notes damaged images, and passes them on. */
  noting(onSkipped: OnSkipped | undefined): OnSkipped | undefined {
    return (
      onSkipped &&
      (async (skipped: readonly SkippedImage[]) => {
        this.#skippedImages.push(...skipped.map(({ index }) => index));
        await onSkipped(skipped);
      })
    );
  }

  /**
   * Adds a batch.
   *
   * @param loss - its mean cross entropy
   * @throws DmnnError `DMNN_NAN` if the loss is not finite
   */
  add(
    labels: ArrayLike<number>,
    images: readonly TalliedImage[],
    { loss, milliseconds }: { readonly loss: number; readonly milliseconds: number },
  ): void {
    this.#milliseconds += milliseconds;
    if (!Number.isFinite(loss)) throw evaluationError(this.#architecture.name, this.images, labels.length);
    this.#lossSum += loss * labels.length;
    for (const [b, { predicted, exits, gates, offset = 0, leftAt }] of images.entries()) {
      this.#predictions.push(predicted);
      if (predicted === labels[b]) this.#correct++;
      for (const [e, correct] of this.#correctAtExits.entries())
        if (exits?.[e] === labels[b]) this.#correctAtExits[e] = correct + 1;
      this.#counter.add(gates, offset, leftAt);
    }
  }

  /** @throws RangeError if no image was added */
  evaluation(): Evaluation {
    const { images } = this;
    if (images === 0) throw new RangeError('dataset: expected intact images, got damaged ones only');
    const { meanMacs, perImageMacs, perImageGates, executionRates } = this.#counter;
    const undivided = countUndivided(this.#architecture, { imageSizePx: this.#imageSizePx });
    return {
      images,
      skippedImages: this.#skippedImages,
      error: {
        top1ErrorPercent: (100 * (images - this.#correct)) / images,
        classificationLoss: this.#lossSum / images,
        predictions: this.#predictions,
      },
      cost: { meanMacs, macsRatio: macsRatio(meanMacs, undivided.macs), perImageMacs },
      gates: { executionRate: meanRate(executionRates), executionRates, perImageGates },
      ...(this.#correctAtExits.length > 0 && {
        exits: this.#correctAtExits.map((correct, e): ExitEvaluation => {
          const table = tableUntilExit(this.#table, e);
          // the cost is linear in the gates, so that rates give the mean over the images
          const macs = patternMacs(table, executionRates.slice(0, table.subBlockMacs.length));
          return {
            top1ErrorPercent: (100 * (images - correct)) / images,
            meanMacs: macs,
            macsRatio: macsRatio(macs, undivided.macs),
          };
        }),
      }),
      timing: { msPerImage: this.#milliseconds / images },
    };
  }
}

/** Mean over blocks of the mean over sub-blocks; null without gated blocks. */
function meanRate(rates: readonly (readonly number[])[]): number | null {
  if (rates.length === 0) return null;
  const perBlock = rates.map((block) => block.reduce((sum, rate) => sum + rate, 0) / block.length);
  return perBlock.reduce((sum, rate) => sum + rate, 0) / perBlock.length;
}

function assertFits({ name, head: { classes } }: Architecture, dataset: Dataset): void {
  if (dataset.size < 1) throw new RangeError('dataset: expected at least one image, got none');
  if (dataset.classes !== classes) {
    throw new RangeError(
      `dataset: expected ${classes} classes, as ${name} has, got ${dataset.classes} (${dataset.name}). Use the data that the network was trained on.`,
    );
  }
}
