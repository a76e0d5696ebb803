import { stat } from 'node:fs/promises';
import { findImageFiles, passedOverText } from '@dmnn/data/internal';
import type { Classifier, FileClassifier } from './classifier.js';
import { readImage } from './image-preparation.js';
import { type LikelyClass, likeliestClasses } from './likeliest-classes.js';

/** Prediction for an image: classes, the sub-blocks that ran, cost and time. */
export interface Prediction {
  readonly file: string;
  /** The likeliest classes, likeliest first. */
  readonly classes: readonly LikelyClass[];
  /** `[l][n]`: whether sub-block n of gated block l ran. */
  readonly gates: readonly (readonly boolean[])[];
  /** Multiply–accumulates of this image. */
  readonly macs: number;
  /** The same as a share of the undivided backbone's. */
  readonly macsRatio: number;
  /** Wall-clock time of the forward pass. */
  readonly milliseconds: number;
  /** Of a cascade: the stage that answered, from 0. */
  readonly stage?: number;
  /** Of a cascade: how sure the answer is, from 0 to 1. */
  readonly confidence?: number;
}

/** A file that could not be read as an image; other files are still classified. */
export interface UnreadableImage {
  readonly file: string;
  readonly error: Error;
}

/** Options of {@link predictImages}. */
export interface PredictImagesOptions {
  /** Number of classes of an image. */
  readonly top: number;
  readonly signal?: AbortSignal | undefined;
  /** Called for each folder with what was found in it: how many images, how many files were passed over, and why. */
  readonly onRemark?: ((message: string) => void) | undefined;
}

/** A network as what classifies files. */
export function fileClassifier(classifier: Classifier, stageNames?: readonly string[]): FileClassifier {
  const { name, classNames, undividedMacs } = classifier;
  return {
    ...{ name, classNames, undividedMacs, stageNames },
    classifyFile: async (file) => classifier.classify(await readImage(file, classifier)),
    close: () => classifier.close(),
  };
}

/**
 * Classifies images, one at a time.
 *
 * @param images - files, and folders of them
 * @throws errors of the classifier; errors of a single file are yielded
 */
export async function* predictImages(
  images: readonly string[],
  classifier: FileClassifier,
  { top, signal, onRemark = () => undefined }: PredictImagesOptions,
): AsyncGenerator<Prediction | UnreadableImage> {
  for await (const { file, unreadable } of filesOf(images, onRemark)) {
    if (signal?.aborted) return;
    try {
      if (unreadable) throw unreadable;
      const { logits, gates, macs, milliseconds, stage, confidence } = await classifier.classifyFile(file);
      const classes = likeliestClasses(logits, classifier.classNames, top);
      const ratio = macs / classifier.undividedMacs;
      const stopped = stage === undefined || confidence === undefined ? {} : { stage, confidence };
      yield { file, classes, gates, macs, macsRatio: ratio, milliseconds, ...stopped };
    } catch (error) {
      if (!isOfOneImage(error)) throw error;
      yield { file, error };
    }
  }
}

/** An unreadable file affects only itself; a failing network affects all images. */
function isOfOneImage(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'DMNN_DATA' || code === 'DMNN_IMAGE_LIBRARY';
}

/** Files as they are named, and those within folders. */
async function* filesOf(
  images: readonly string[],
  onRemark: (message: string) => void,
): AsyncGenerator<{ readonly file: string; readonly unreadable?: Error }> {
  for (const file of images) {
    const entry = await stat(file).catch(() => undefined);
    if (!entry?.isDirectory()) {
      yield { file };
      continue;
    }
    try {
      const { files, passedOver } = await findImageFiles(file);
      const count = `${files.length} ${files.length === 1 ? 'image' : 'images'}`;
      onRemark(`${file}: ${count}${passedOverText(passedOver)}`);
      for (const each of files) yield { file: each };
    } catch (error) {
      yield { file, unreadable: error as Error };
    }
  }
}
