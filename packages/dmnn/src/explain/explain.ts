import { closeAfter } from '@dmnn/foundation';
import type { BackendName } from '@dmnn/runtime';
import { openTrainedClassifier } from '../classify/open-trained-classifier.js';
import { readImage } from '../classify/image-preparation.js';
import { type Explanation, explanationOf } from './explanation.js';
import { meanCostOf } from './mean-cost-of.js';

/** Options of {@link explain}. */
export interface ExplainOptions {
  /** A run folder or an imported model folder. */
  readonly model: string;
  /** Preferred backend, with fallback. @defaultValue the best that works */
  readonly backend?: BackendName | undefined;
  /** Number of classes. @defaultValue 5 */
  readonly top?: number | undefined;
}

/** Opens a model, explains how it processes one image, and frees it. */
export async function explain(image: string, { model, backend, top }: ExplainOptions): Promise<Explanation> {
  const { classifier, opened } = await openTrainedClassifier(model, backend);
  return closeAfter(
    async () => {
      return explanationOf(await classifier.classify(await readImage(image, classifier)), {
        architecture: opened.architecture,
        image,
        top,
        classNames: opened.classNames,
        mean: await meanCostOf(opened.source),
      });
    },
    () => classifier.close(),
  );
}
