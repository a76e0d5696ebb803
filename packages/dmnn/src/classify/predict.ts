import { closeAfterEach } from '@dmnn/foundation';
import { isCascade } from '@dmnn/runs';
import type { BackendName } from '@dmnn/runtime';
import { type Prediction, type UnreadableImage, fileClassifier, predictImages } from './predict-images.js';
import { openTrainedClassifier } from './open-trained-classifier.js';
import { openTrainedCascade } from './open-trained-cascade.js';
import { sessionClassifier } from './session-classifier.js';
import type { FileClassifier } from './classifier.js';

/** Options of {@link predict}. */
export interface PredictOptions {
  /** The folder of a run, of an imported model or of a cascade, or an `.onnx` file of `exportModel`. */
  readonly model: string;
  /** Preferred backend, with fallback; unused for an `.onnx` file. @defaultValue the best that works */
  readonly backend?: BackendName | undefined;
  /** Number of classes. @defaultValue 5 */
  readonly top?: number | undefined;
  /** Stops between two images. */
  readonly signal?: AbortSignal | undefined;
}

async function openFileClassifier(model: string, backend: BackendName | undefined): Promise<FileClassifier> {
  if (model.toLowerCase().endsWith('.onnx')) {
    const { classifier, stageNames } = await sessionClassifier(model);
    return fileClassifier(classifier, stageNames);
  }
  if (await isCascade(model)) return openTrainedCascade(model, backend);
  return fileClassifier((await openTrainedClassifier(model, backend)).classifier);
}

/** Opens a model, classifies images with it, one at a time, and frees it. */
export async function* predict(
  images: readonly string[],
  { model, backend, top = 5, signal }: PredictOptions,
): AsyncGenerator<Prediction | UnreadableImage> {
  const classifier = await openFileClassifier(model, backend);
  yield* closeAfterEach(predictImages(images, classifier, { top, signal }), () => classifier.close());
}
