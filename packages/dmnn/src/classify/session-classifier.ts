import { DmnnError } from '@dmnn/foundation';
import { DynamicSession } from '@dmnn/onnx';
import type { Classification, Classifier } from './classifier.js';

/**
 * A file of `exportOnnx` in ONNX Runtime as a classifier. One warm-up image runs before the promise settles.
 *
 * @param file - path of the file
 * @throws DmnnError `DMNN_SESSION` if it is not such a file or ONNX Runtime is not installed
 * @throws DmnnError `DMNN_CLASSIFICATION` if the file does not say how images are prepared
 */
export async function sessionClassifier(file: string): Promise<Classifier> {
  const session = await DynamicSession.create(file);
  const { name, imageSizePx, inChannels, preparation, classNames, alwaysMacs, subBlockMacs, undividedMacs } =
    session.description;
  if (!preparation || inChannels !== 3) {
    await session.close();
    throw new DmnnError(
      'DMNN_CLASSIFICATION',
      preparation
        ? `${file}: expected a network that takes 3 channels (red, green, blue), got ${inChannels}.`
        : `${file}: expected a file that says how images are prepared, got none of it. Export it from the folder of a run, or give exportOnnx a preparation.`,
    );
  }
  const classify = async (image: Float32Array): Promise<Classification> => {
    const start = performance.now();
    const { logits, gates, macs } = await session.run(image);
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
    close: () => session.close(),
  };
}
