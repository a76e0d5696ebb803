import { parentPort } from 'node:worker_threads';
import { isDmnnError } from '@dmnn/foundation';
import { DataError, type DataProblem } from '../data-error.js';
import { type DecodedRows, type DecodeRequest, decodeRows, problemOf } from './decode-rows.js';
import { withDecoderModule } from './decoder-module.js';

/** The message that a decoding thread receives. */
export interface DecodeOrder {
  readonly id: number;
  readonly request: DecodeRequest;
}

/** An error as plain data: threads cannot exchange classes. */
export type DecodeFailure =
  | { readonly kind: 'data'; readonly problem: DataProblem }
  | { readonly kind: 'library'; readonly file: string }
  | { readonly kind: 'range'; readonly message: string }
  | { readonly kind: 'other'; readonly message: string };

/** The message that a decoding thread sends back. */
export type DecodeAnswer =
  | { readonly id: number; readonly rows: DecodedRows }
  | { readonly id: number; readonly failure: DecodeFailure };

withDecoderModule(() => undefined); // compiled before the first image comes

parentPort?.on('message', ({ id, request }: DecodeOrder) => {
  decodeRows(request).then(
    (rows) => parentPort?.postMessage({ id, rows } satisfies DecodeAnswer, [rows.images.buffer]),
    (error: unknown) => parentPort?.postMessage({ id, failure: failureOf(error) } satisfies DecodeAnswer),
  );
});

function failureOf(error: unknown): DecodeFailure {
  if (error instanceof DataError) return { kind: 'data', problem: problemOf(error) };
  if (isDmnnError(error, 'DMNN_IMAGE_LIBRARY'))
    return { kind: 'library', file: String(error.details['file']) };
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof RangeError ? { kind: 'range', message } : { kind: 'other', message };
}
