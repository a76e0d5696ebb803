import { closeAfterEach } from '@dmnn/foundation';
import type { BackendName } from '@dmnn/runtime';
import { type Prediction, type UnreadableImage, predictImages } from './predict-images.js';
import { openTrainedClassifier } from './open-trained-classifier.js';
import { sessionClassifier } from './session-classifier.js';

/** Options of {@link predict}. */
export interface PredictOptions {
  /** The folder of a run or of an imported model, or an `.onnx` file of `exportModel`. */
  readonly model: string;
  /** Preferred backend, with fallback; unused for an `.onnx` file. @defaultValue the best that works */
  readonly backend?: BackendName | undefined;
  /** Number of classes. @defaultValue 5 */
  readonly top?: number | undefined;
  /** Stops between two images. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens a model, classifies images with it, one at a time, and frees it. */
export async function* predict(
  images: readonly string[],
  { model, backend, top = 5, signal }: PredictOptions,
): AsyncGenerator<Prediction | UnreadableImage> {
  const classifier = model.toLowerCase().endsWith('.onnx')
    ? await sessionClassifier(model)
    : (await openTrainedClassifier(model, backend)).classifier;
  yield* closeAfterEach(predictImages(images, classifier, { top, signal }), () => classifier.close());
}
