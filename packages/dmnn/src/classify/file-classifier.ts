import type { Classifier, FileClassifier } from './classifier.js';
import { readImage } from './image-preparation.js';

/** A network as what classifies files. */
export function fileClassifier(classifier: Classifier, stageNames?: readonly string[]): FileClassifier {
  const { name, classNames, undividedMacs } = classifier;
  return {
    ...{ name, classNames, undividedMacs, stageNames },
    classifyFile: async (file) => classifier.classify(await readImage(file, classifier)),
    close: () => classifier.close(),
  };
}
