import type { MetricsLine } from '../metrics/metrics-line.js';
import type { Scalar } from './encode-event.js';

/** Where the record stands, rather than what was measured there. */
const coordinates: readonly string[] = ['kind', 'step', 'epoch'];

/**
 * All numbers of a line of the log, each under its path: `step/loss/total`, `epoch/evaluation/executionRates/0/1`.
 * What is
 * not a finite number (null, text, true and false) has no scalar, since the log has none for it either.
 */
export function recordScalars(line: MetricsLine): Scalar[] {
  return Object.entries(line)
    .filter(([key]) => !coordinates.includes(key))
    .flatMap(([key, value]) => scalarsUnder(`${line.kind}/${key}`, value));
}

function scalarsUnder(tag: string, value: unknown): Scalar[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [{ tag, value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => scalarsUnder(`${tag}/${key}`, inner));
}
