import { DmnnError } from '@dmnn/foundation';
import { shownPath } from './system-path.js';

/** A problem with a data file: its position, and what was expected there. */
export interface DataProblem {
  /** The file or folder. */
  readonly file: string;
  /** Record in the file, from 0. */
  readonly record?: number | undefined;
  /** Byte in the file, from 0. */
  readonly byteOffset?: number | undefined;
  /** What should be there. */
  readonly expected: string;
  /** What is there. */
  readonly got: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** A data file is missing, truncated or invalid. */
export class DataError extends DmnnError<'DMNN_DATA'> {
  override readonly name = 'DataError';
  /** The file or folder. */
  readonly file: string;
  /** Record in the file, from 0, if the problem has one. */
  readonly record: number | undefined;
  /** Byte in the file, from 0, if the problem has one. */
  readonly byteOffset: number | undefined;
  /** What should be there. */
  readonly expected: string;
  /** What is there. */
  readonly got: string;
  /** What to do about it. */
  readonly remedy: string;

  constructor(problem: DataProblem, options?: { readonly cause?: unknown }) {
    const record = problem.record === undefined ? '' : `, record ${problem.record}`;
    const byte = problem.byteOffset === undefined ? '' : `, byte ${problem.byteOffset}`;
    super(
      'DMNN_DATA',
      `${shownPath(problem.file)}${record}${byte}: expected ${problem.expected}, got ${problem.got}. ${problem.remedy}`,
      options,
    );
    this.file = shownPath(problem.file);
    this.record = problem.record;
    this.byteOffset = problem.byteOffset;
    this.expected = problem.expected;
    this.got = problem.got;
    this.remedy = problem.remedy;
  }
}
