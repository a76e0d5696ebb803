import { DmnnError } from '@dmnn/foundation';
import { DynamicSession, type SessionForm } from '@dmnn/onnx';
import type { Classifier } from './classifier.js';
import { inferringClassifier } from './inferring-classifier.js';
import { stageName } from '../text/stage-name.js';

/** A file as a classifier, and where images may stop in it. */
export interface SessionClassifier {
  readonly classifier: Classifier;
  /** `[stage]`; undefined if images go to the end. */
  readonly stageNames: readonly string[] | undefined;
}

/**
 * A file of `exportOnnx` in ONNX Runtime as a classifier. One warm-up image runs before the promise settles.
 *
 * @param file - path of the file
 * @param onForm - is given the form in which it runs
 * @throws DmnnError `DMNN_SESSION` if it is not such a file or ONNX Runtime is not installed
 * @throws DmnnError `DMNN_CLASSIFICATION` if the file does not say how images are prepared
 */
export async function sessionClassifier(
  file: string,
  onForm?: (form: SessionForm) => void,
): Promise<SessionClassifier> {
  const session = await DynamicSession.create(file);
  const { preparation, classNames } = session.description;
  if (!preparation) {
    await session.close();
    throw new DmnnError(
      'DMNN_CLASSIFICATION',
      `${file}: expected a file that says how images are prepared, got none of it. Export it from the folder of a run, or give exportOnnx a preparation.`,
    );
  }
  const { description } = session;
  const stageNames = description.cascade?.stages.map(({ part, exit }) =>
    stageName(description.cascade?.parts[part] ?? '', exit),
  );
  const inferring = {
    description,
    run: (image: Float32Array) => session.run(image),
    close: () => session.close(),
  };
  const classifier = await inferringClassifier(inferring, file, { preparation, classNames });
  onForm?.(session.form);
  return { classifier, stageNames };
}
