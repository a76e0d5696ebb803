import { DataError, type DataProblem } from '../data-error.js';
import { type EvaluationViewOptions, evaluationView } from './evaluation-view.js';
import { type ChannelStatisticsOf, fillPhotograph } from './fill-photograph.js';
import { type PhotographPlace, readPlace } from './photograph-place.js';
import type { PhotographReading } from './photograph-view.js';
import { type TrainingViewOptions, trainingView } from './training-view.js';

/** How photographs are seen, as plain data. */
export type PhotographViewing =
  | {
      readonly kind: 'training';
      readonly seed: number;
      readonly epoch: number;
      readonly options: TrainingViewOptions;
    }
  | { readonly kind: 'evaluation'; readonly options: EvaluationViewOptions };

/** Some photographs of a batch to be decoded together: plain data, for another thread. */
export interface DecodeRequest {
  readonly photographs: readonly {
    /** Its name, for messages. */
    readonly file: string;
    /** Its index in its data set: decides how it is cropped. */
    readonly sampleKey: number;
    /** Where to read it, or its content. */
    readonly source: PhotographPlace | Uint8Array;
  }[];
  readonly sizePx: number;
  readonly statistics: ChannelStatisticsOf;
  readonly viewing: PhotographViewing;
}

/** What came of a request. */
export interface DecodedRows {
  /** `[photographs, sizePx, sizePx, 3]`, normalised; zeros where a photograph is damaged. */
  readonly images: Float32Array<ArrayBuffer>;
  /** The damaged ones, by their place in the request. */
  readonly damaged: readonly { readonly row: number; readonly problem: DataProblem }[];
}

/**
 * Reads and decodes the photographs of a request on this thread.
 *
 * @throws DataError if one cannot be read: that is the disk's fault, and may pass; ImageLibraryError, RangeError. A file
 * that was read and is damaged is told of in the result.
 */
export async function decodeRows(request: DecodeRequest): Promise<DecodedRows> {
  const { photographs, sizePx, statistics } = request;
  const images = new Float32Array(photographs.length * sizePx * sizePx * 3);
  const damaged: { row: number; problem: DataProblem }[] = [];
  // the disk reads on while photographs are decoded
  const contents = photographs.map(async ({ source }) =>
    source instanceof Uint8Array ? source : readPlace(source),
  );
  for (const content of contents) content.catch(() => undefined); // met below, at its turn
  for (const [row, { file, sampleKey }] of photographs.entries()) {
    const bytes = await (contents[row] as Promise<Uint8Array>);
    const reading = readingOf(request.viewing, sampleKey);
    try {
      await fillPhotograph(images, row, sizePx, { bytes, file, reading }, statistics);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      damaged.push({ row, problem: problemOf(error) });
    }
  }
  return { images, damaged };
}

/** The plain data of an error. */
export function problemOf({ file, record, byteOffset, expected, got, remedy }: DataError): DataProblem {
  return {
    file,
    ...(record !== undefined && { record }),
    ...(byteOffset !== undefined && { byteOffset }),
    expected,
    got,
    remedy,
  };
}

function readingOf(viewing: PhotographViewing, sampleKey: number): PhotographReading {
  if (viewing.kind === 'evaluation') return evaluationView(viewing.options);
  const { seed, epoch, options } = viewing;
  return trainingView({ seed, epoch, sampleKey }, options);
}
