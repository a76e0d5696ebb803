import type { ImagePreparation, Inference } from '@dmnn/architecture';
import { DmnnError, closeIfFails } from '@dmnn/foundation';
import type { Classification, Classifier } from './classifier.js';

/** What is inferred of one image. */
interface InferredImage extends Inference {
  /** `[l][n]`: on − off of each gate's logits. Absent if the engine does not give them. */
  readonly gateLogOdds?: readonly (readonly number[])[] | undefined;
}

/** What runs a network without a tensor library: a session of `@dmnn/onnx`, an engine of `@dmnn/engine`. */
export interface Inferring {
  readonly description: {
    readonly name: string;
    readonly imageSizePx: number;
    readonly inChannels: number;
    readonly alwaysMacs: number;
    readonly subBlockMacs: readonly (readonly number[])[];
    readonly undividedMacs: number;
  };
  run(image: Float32Array, decision: object): Promise<InferredImage>;
  close(): Promise<void>;
}

/** What is known of a network's images and classes. */
export interface ClassifiedImages {
  readonly preparation: ImagePreparation;
  readonly classNames?: readonly string[] | undefined;
}

/**
 * What runs a network, as a classifier. One warm-up image runs before the promise settles.
 *
 * @param inferring - closed by the classifier's `close`, or here if this throws
 * @param what - the network, for messages
 * @throws DmnnError `DMNN_CLASSIFICATION` if it does not take images of three channels
 */
export async function inferringClassifier(
  inferring: Inferring,
  what: string,
  { preparation, classNames }: ClassifiedImages,
): Promise<Classifier> {
  const { name, imageSizePx, inChannels, alwaysMacs, subBlockMacs, undividedMacs } = inferring.description;
  const classify = async (image: Float32Array): Promise<Classification> => {
    const start = performance.now();
    const { logits, gates, macs, gateLogOdds, stage, confidence } = await inferring.run(image, {});
    const milliseconds = performance.now() - start;
    // those of a cascade are logarithms of probabilities, of which some may be 0
    const isFine = stage === undefined ? Number.isFinite : (value: number) => !Number.isNaN(value);
    if (!logits.every(isFine)) throw notFinite(name);
    const gateProbabilities = gateLogOdds?.map((block) => block.map((odds) => 1 / (1 + Math.exp(-odds))));
    return { logits, gates, gateProbabilities, macs, milliseconds, stage, confidence };
  };
  await closeIfFails(
    async () => {
      if (inChannels !== 3) {
        throw new DmnnError(
          'DMNN_CLASSIFICATION',
          `${what}: expected a network that takes 3 channels (red, green, blue), got ${inChannels}.`,
        );
      }
      await inferring.run(new Float32Array(imageSizePx * imageSizePx * 3), {});
    },
    () => inferring.close(),
  );
  return {
    name,
    imageSizePx,
    preparation,
    classNames,
    fullMacs: subBlockMacs.flat().reduce((sum, macs) => sum + macs, alwaysMacs),
    undividedMacs,
    classify,
    close: () => inferring.close(),
  };
}

/** Logits from which no class follows. */
export function notFinite(name: string): DmnnError {
  return new DmnnError(
    'DMNN_CLASSIFICATION',
    `${name}: expected finite logits, got NaN or infinity. Check the weights, or use an earlier checkpoint.`,
  );
}
