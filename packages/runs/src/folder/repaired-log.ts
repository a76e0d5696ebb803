import type { LogLine, MetricsLine } from '../metrics/metrics-line.js';
import type { MetricsRecord, WrittenRecord } from '../metrics/metrics-record.js';
import { recordLines } from '../metrics/parse-metrics.js';
import { type LineProblem, summedLine } from '../metrics/summed-lines.js';
import type { RunState } from './checkpoint-contents.js';

/** Where a checkpoint stands in the log. */
export type LogPlace = Pick<RunState, 'step' | 'epoch' | 'logBytes'>;

/** What is left of a damaged log. */
export interface RepairedLog {
  /** Of the intact lines up to the checkpoint. */
  readonly records: readonly MetricsRecord[];
  /** Those lines as a file. */
  readonly bytes: Uint8Array;
  /** What the next line's checksum goes on from. */
  readonly sum: number;
  /** The damaged lines before the checkpoint. */
  readonly damaged: readonly LineProblem[];
  /** Whether lines are missing that no line says are. */
  readonly isShort: boolean;
}

/**
 * The intact lines of a log up to a checkpoint. Where that is follows from their steps and epochs: the length of a damaged log
 * says nothing.
 */
export function repairedLog(log: Uint8Array, place: LogPlace): RepairedLog {
  const { lines, problems } = recordLines(log);
  const kept = lines.filter((line) => isBefore(line, place));
  const after = lines.find((line) => !isBefore(line, place))?.number ?? Infinity;
  const damaged = problems.filter(({ line }) => line < after);
  const records = kept.map(({ value }) => value);
  // a run that was resumed before, and killed before its next checkpoint, has said so
  const isKnown = records.some((record) => record.kind === 'lost' && record.step === place.step);
  let sum = 0;
  const parts = records.map((record) => {
    const line = summedLine(lineOf(record), 'clock', sum);
    sum = line.sum;
    return line.bytes;
  });
  return { records, bytes: Buffer.concat(parts), sum, damaged, isShort: damaged.length === 0 && !isKnown };
}

/** A record as the text of a line, with `clock` last, which gets the checksum. */
export function lineOf(record: WrittenRecord | MetricsRecord): string {
  const { clock = {}, ...others } = (record.kind === 'unknown' ? record.line : record) as MetricsLine;
  return JSON.stringify({ ...others, clock });
}

function isBefore({ start, value }: LogLine<MetricsRecord>, { step, epoch, logBytes }: LogPlace): boolean {
  switch (value.kind) {
    case 'start':
      return true;
    case 'epoch':
    case 'alarm':
      return value.epoch < epoch;
    case 'unknown':
      return start < logBytes;
    default:
      return value.step <= step;
  }
}
