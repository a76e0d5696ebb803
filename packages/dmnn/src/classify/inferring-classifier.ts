import type { ImagePreparation, Inference } from '@dmnn/architecture';
import { DmnnError } from '@dmnn/foundation';
import type { Classification, Classifier } from './classifier.js';

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
  run(image: Float32Array): Promise<Inference>;
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
  if (inChannels !== 3) {
    await inferring.close();
    throw new DmnnError(
      'DMNN_CLASSIFICATION',
      `${what}: expected a network that takes 3 channels (red, green, blue), got ${inChannels}.`,
    );
  }
  const classify = async (image: Float32Array): Promise<Classification> => {
    const start = performance.now();
    const { logits, gates, macs } = await inferring.run(image);
    return { logits, gates, macs, milliseconds: performance.now() - start };
  };
  await classify(new Float32Array(imageSizePx * imageSizePx * 3));
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
