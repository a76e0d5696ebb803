import { DataError, type DataProblem } from '../data-error.js';
import type { DamagedRow } from '../dataset.js';
import { type EvaluationViewOptions, evaluationView, type ViewOf } from './image-view.js';
import { fillImage } from './fill-image.js';
import type { Normalisation } from '../labelled-images.js';
import { type ImagePlace, readPlace } from '../places/image-place.js';
import { type TrainingViewOptions, trainingView } from './training-view.js';

/** How images are cropped and augmented, as plain data. */
export type ViewOptions =
  | {
      readonly kind: 'training';
      readonly seed: number;
      readonly epoch: number;
      readonly options: TrainingViewOptions;
    }
  | { readonly kind: 'evaluation'; readonly options: EvaluationViewOptions };

/** Images of one batch to decode together: plain data, for another thread. */
export interface DecodeRequest {
  readonly files: readonly {
    /** Its name, for messages. */
    readonly file: string;
    /** Its index in its data set, which determines its crop. */
    readonly sampleKey: number;
    /** Its place, or its content. */
    readonly content: ImagePlace | Uint8Array;
  }[];
  readonly sizePx: number;
  readonly normalisation: Normalisation;
  readonly view: ViewOptions;
}

/** The response to a `DecodeRequest`. */
export interface DecodedRows {
  /** `[images, sizePx, sizePx, 3]`, normalised; zeros where an image is damaged. */
  readonly images: Float32Array<ArrayBuffer>;
  /** The damaged ones, by their position in the request. */
  readonly damaged: readonly DamagedRow[];
}

/**
 * Reads and decodes the images of a request on this thread.
 *
 * @throws DataError if a file cannot be read: the cause may be temporary; DmnnError `DMNN_IMAGE_LIBRARY`, RangeError.
 * A file that was read but is damaged is reported in the result.
 */
export async function decodeRows(request: DecodeRequest): Promise<DecodedRows> {
  const { files, sizePx, normalisation } = request;
  const images = new Float32Array(files.length * sizePx * sizePx * 3);
  const damaged: DamagedRow[] = [];
  // the disk keeps reading while images are decoded
  const contents = files.map(async ({ content }) =>
    content instanceof Uint8Array ? content : readPlace(content),
  );
  for (const content of contents) content.catch(() => undefined); // handled below, in order
  for (const [row, { file, sampleKey }] of files.entries()) {
    const bytes = await (contents[row] as Promise<Uint8Array>);
    const viewOf = viewOfSample(request.view, sampleKey);
    try {
      await fillImage(images, row, sizePx, { bytes, file, viewOf }, normalisation);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      damaged.push({ row, problem: problemOf(error) });
    }
  }
  return { images, damaged };
}

/** The problem in a DataError, as plain data. */
export function problemOf({ file, record, byteOffset, expected, got, remedy }: DataError): DataProblem {
  return {
    file,
    record,
    byteOffset,
    expected,
    got,
    remedy,
  };
}

function viewOfSample(view: ViewOptions, sampleKey: number): ViewOf {
  if (view.kind === 'evaluation') return evaluationView(view.options);
  const { seed, epoch, options } = view;
  return trainingView({ seed, epoch, sampleKey }, options);
}
