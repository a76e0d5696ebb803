import type { Dataset } from '@dmnn/data';
import type { EngineNetwork } from './engine-network.js';
import { enginePasses } from './engine-passes.js';
import type { Evaluation } from './evaluation.js';
import { EvaluationTally } from './evaluation-tally.js';
import type { OnSkipped } from './on-skipped.js';
import { largestAt, meanCrossEntropy } from './plain-logits.js';

/** What {@link evaluateEngine} takes. */
export interface EvaluateEngineOptions {
  readonly network: EngineNetwork;
  readonly dataset: Dataset;
  /** Probability from which a gate opens: that of a budget. @defaultValue the likeliest gates */
  readonly threshold?: number | undefined;
  /**
   * Images read together, and then run, as many side by side as `imagesAtOnce` of the network says; with 1 the time is
   * that of an image alone. @defaultValue 32
   */
  readonly batchSize?: number | undefined;
  /** Called after each batch with the number of images done. */
  readonly onProgress?: ((images: number) => void) | undefined;
  /** Called with damaged images, which are left out. @defaultValue throws a DataError */
  readonly onSkipped?: OnSkipped | undefined;
  /** Stops between two images. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a network in an engine on every image of a data set once. In float32 errors, costs and gates are those of
 * `evaluate` on TensorFlow.js, up to what rounding decides.
 *
 * @throws RangeError if the data set has no images or another number of classes than the network
 * @throws DmnnError `DMNN_NAN` if logits are not finite numbers; what the engine throws
 * @throws DataError for a damaged image, if `onSkipped` is not given
 * @throws the signal's reason, if it aborts
 * @example
 * ```ts
 * import { createArchitecture } from '@dmnn/backbones';
 * import { builtInDataset } from '@dmnn/data';
 * import { DynamicSession, exportOnnx } from '@dmnn/onnx';
 * import { evaluateEngine } from '@dmnn/trainer';
 * import { initialWeights } from '@dmnn/weights';
 *
 * const architecture = createArchitecture('dmnn-cifar-resnet8-0.25-n2');
 * const session = await DynamicSession.create(exportOnnx({ architecture, weights: initialWeights(architecture, { seed: 1 }) }));
 * const { images, gates } = await evaluateEngine({
 *   network: { architecture, engine: { name: 'onnx', precision: 'f32' }, run: (image) => session.run(image) },
 *   dataset: builtInDataset({ split: 'test', size: 4 }),
 * });
 * console.log(images, gates.executionRates.length); // => 4 3
 * await session.close();
 * ```
 */
export async function evaluateEngine(options: EvaluateEngineOptions): Promise<Evaluation> {
  const { network, dataset, threshold, batchSize = ENGINE_BATCH, onProgress, signal } = options;
  const tally = new EvaluationTally(network.architecture, dataset);
  const passes = enginePasses({
    network,
    dataset,
    decision: { threshold, exits: network.architecture.exits && 'all' },
    batchSize,
    onSkipped: tally.noting(options.onSkipped),
    signal,
  });
  for await (const { labels, outputs, milliseconds } of passes) {
    const loss = meanCrossEntropy(
      outputs.map(({ logits }) => logits),
      labels,
    );
    const images = outputs.map(({ logits, stageLogits = [], gates }) => ({
      predicted: largestAt(logits),
      exits: stageLogits.slice(0, -1).map(largestAt),
      gates: gates.flat().map(Number),
    }));
    tally.add(labels, images, { loss, milliseconds });
    onProgress?.(tally.images);
  }
  return tally.evaluation();
}

/** Images that are read together for an engine: few enough that an interruption does not wait for many to be decoded. */
export const ENGINE_BATCH = 32;
